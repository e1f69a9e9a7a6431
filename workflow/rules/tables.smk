# The tables from which figures are drawn.
#
#   collect_errors      errors of all cells   ->  tables/errors.parquet
#   collect_curves      curves of all cells   ->  tables/curves.parquet
#   rank_algorithms     tables/errors         ->  tables/minmax.parquet, tables/rates.parquet
#   tabulate_bounds     config                ->  tables/bounds.parquet
#   tabulate_profiles   teachers              ->  tables/profiles.parquet


rule collect_errors:
    input:
        program="workflow/scripts/collect_errors.py",
        library=library("collect_errors"),
        errors=of_all_cells("errors"),
    output:
        errors="<results>/tables/errors.parquet",
    log:
        "<logs>/collect_errors.log",
    benchmark:
        "<benchmarks>/collect_errors.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    shell:
        "python {input.program:q} --errors {input.errors:q} --output {output.errors:q} 2> {log:q}"


rule collect_curves:
    input:
        program="workflow/scripts/collect_curves.py",
        library=library("collect_curves"),
        curves=of_all_cells("curves"),
    output:
        curves="<results>/tables/curves.parquet",
    log:
        "<logs>/collect_curves.log",
    benchmark:
        "<benchmarks>/collect_curves.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    shell:
        "python {input.program:q} --curves {input.curves:q} --output {output.curves:q} 2> {log:q}"


rule rank_algorithms:
    input:
        program="workflow/scripts/rank_algorithms.py",
        library=library("rank_algorithms"),
        errors="<results>/tables/errors.parquet",
    output:
        minmax="<results>/tables/minmax.parquet",
        rates="<results>/tables/rates.parquet",
    log:
        "<logs>/rank_algorithms.log",
    benchmark:
        "<benchmarks>/rank_algorithms.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    shell:
        "python {input.program:q} --errors {input.errors:q} --minmax {output.minmax:q}"
        " --rates {output.rates:q} 2> {log:q}"


rule tabulate_bounds:
    input:
        program="workflow/scripts/tabulate_bounds.py",
        library=library("tabulate_bounds"),
    output:
        bounds="<results>/tables/bounds.parquet",
    log:
        "<logs>/tabulate_bounds.log",
    benchmark:
        "<benchmarks>/tabulate_bounds.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        dims=TEACHER["dims"],
        samples=SAMPLE["sizes"],
        depth=TEACHER["depth"],
        width=TEACHER["width"],
        norm=TEACHER["norm"],
        bound=TEACHER["bound"],
    shell:
        "python {input.program:q} --dims {params.dims} --samples {params.samples}"
        " --depth {params.depth} --width {params.width} --norm {params.norm}"
        " --bound {params.bound} --output {output.bounds:q} 2> {log:q}"


rule tabulate_profiles:
    input:
        program="workflow/scripts/tabulate_profiles.py",
        library=library("tabulate_profiles"),
        teachers=expand(
            "<results>/teachers/{family}/d{dim}.safetensors",
            family=TEACHER["families"],
            dim=TEACHER["dims"],
        ),
    output:
        profiles="<results>/tables/profiles.parquet",
    log:
        "<logs>/tabulate_profiles.log",
    benchmark:
        "<benchmarks>/tabulate_profiles.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.program:q} --teachers {input.teachers:q} --output {output.profiles:q}"
        " 2> {log:q}"
