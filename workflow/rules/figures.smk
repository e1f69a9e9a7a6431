# The figures, each from tables alone: PDF, PNG, caption and record.
#
#   plot_rates      tables/minmax, tables/rates, tables/bounds   ->  figures/rates.*
#   plot_bounds     tables/minmax, tables/bounds                 ->  figures/bounds.*
#   plot_curves     tables/curves                                ->  figures/curves.*
#   plot_teachers   tables/profiles                              ->  figures/teachers.*


rule plot_rates:
    input:
        program="workflow/scripts/plot_rates.py",
        library=library("plot_rates"),
        minmax="<results>/tables/minmax.parquet",
        rates="<results>/tables/rates.parquet",
        bounds="<results>/tables/bounds.parquet",
    output:
        pdf="<results>/figures/rates.pdf",
        png=report(
            "<results>/figures/rates.png",
            caption="../report/rates.rst",
            category="Errors and bounds",
            labels={"figure": "rates", "shows": "error against sample size, under Theorem 2.2"},
        ),
        caption="<results>/figures/rates.txt",
        record="<results>/figures/rates.prov.json",
    log:
        "<logs>/plot_rates.log",
    benchmark:
        "<benchmarks>/plot_rates.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        family=TEACHER["families"][0],
    shell:
        "python {input.program:q} --family {params.family:q}"
        " --minmax {input.minmax:q} --rates {input.rates:q} --bounds {input.bounds:q}"
        " --code {input.program:q} {input.library:q}"
        " --pdf {output.pdf:q} --png {output.png:q} --caption {output.caption:q}"
        " --record {output.record:q} 2> {log:q}"


rule plot_bounds:
    input:
        program="workflow/scripts/plot_bounds.py",
        library=library("plot_bounds"),
        minmax="<results>/tables/minmax.parquet",
        bounds="<results>/tables/bounds.parquet",
    output:
        pdf="<results>/figures/bounds.pdf",
        png=report(
            "<results>/figures/bounds.png",
            caption="../report/bounds.rst",
            category="Errors and bounds",
            labels={"figure": "bounds", "shows": "uniform error among all bounds"},
        ),
        caption="<results>/figures/bounds.txt",
        record="<results>/figures/bounds.prov.json",
    log:
        "<logs>/plot_bounds.log",
    benchmark:
        "<benchmarks>/plot_bounds.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        family=TEACHER["families"][0],
    shell:
        "python {input.program:q} --family {params.family:q}"
        " --minmax {input.minmax:q} --bounds {input.bounds:q}"
        " --code {input.program:q} {input.library:q} --pdf {output.pdf:q} --png {output.png:q}"
        " --caption {output.caption:q} --record {output.record:q} 2> {log:q}"


rule plot_curves:
    input:
        program="workflow/scripts/plot_curves.py",
        library=library("plot_curves"),
        curves="<results>/tables/curves.parquet",
    output:
        pdf="<results>/figures/curves.pdf",
        png=report(
            "<results>/figures/curves.png",
            caption="../report/curves.rst",
            category="Training",
            labels={"figure": "curves", "shows": "training loss against epoch"},
        ),
        caption="<results>/figures/curves.txt",
        record="<results>/figures/curves.prov.json",
    log:
        "<logs>/plot_curves.log",
    benchmark:
        "<benchmarks>/plot_curves.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        family=TEACHER["families"][0],
    shell:
        "python {input.program:q} --family {params.family:q} --curves {input.curves:q}"
        " --code {input.program:q} {input.library:q} --pdf {output.pdf:q} --png {output.png:q}"
        " --caption {output.caption:q} --record {output.record:q} 2> {log:q}"


rule plot_teachers:
    input:
        program="workflow/scripts/plot_teachers.py",
        library=library("plot_teachers"),
        profiles="<results>/tables/profiles.parquet",
    output:
        pdf="<results>/figures/teachers.pdf",
        png=report(
            "<results>/figures/teachers.png",
            caption="../report/teachers.rst",
            category="Teachers",
            labels={"figure": "teachers", "shows": "the random teachers along the diagonal"},
        ),
        caption="<results>/figures/teachers.txt",
        record="<results>/figures/teachers.prov.json",
    log:
        "<logs>/plot_teachers.log",
    benchmark:
        "<benchmarks>/plot_teachers.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        family=TEACHER["families"][0],
    shell:
        "python {input.program:q} --family {params.family:q} --profiles {input.profiles:q}"
        " --code {input.program:q} {input.library:q} --pdf {output.pdf:q} --png {output.png:q}"
        " --caption {output.caption:q} --record {output.record:q} 2> {log:q}"
