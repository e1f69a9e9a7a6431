# The tables from which figures are drawn.
#
#   collect_errors           errors of all kinds, certificates   ->  tables/errors.parquet
#   collect_curves           curves of all shards                ->  tables/curves.parquet
#   rank_algorithms          tables/errors                       ->  tables/minmax, tables/rates
#   tabulate_growth          tables/errors                       ->  tables/growth.parquet
#   compare_methods          tables/errors, minmax, networks     ->  tables/methods.parquet
#   tabulate_spikes          tables/errors, minmax, networks     ->  tables/spikes.parquet
#   tabulate_bounds          config                              ->  tables/bounds.parquet
#   tabulate_sample_counts   nothing                             ->  tables/sample_counts, two_sided
#   tabulate_hat             nothing                             ->  tables/hat.parquet
#   tabulate_settings        config                              ->  tables/settings.parquet
#   tabulate_profiles        teachers                            ->  tables/profiles.parquet
#   tabulate_claims          the other tables                    ->  tables/claims.parquet
#   collect_claims           tables/claims of all studies        ->  claims.parquet
#   write_summary            claims and other tables             ->  summary.md

TABLES = ["errors", "curves", "minmax", "rates", "growth", "methods", "spikes", "worst_case"]
TABLES += ["bounds", "sample_counts", "two_sided", "hat", "settings", "profiles", "sine", "claims"]


rule collect_errors:
    input:
        program="workflow/scripts/collect_errors.py",
        library=library("collect_errors"),
        errors=[*of_all_cells("errors"), *REFERENCES, SINE_ERRORS],
        certificates=CERTIFICATES,
    output:
        errors="<results>/tables/errors.parquet",
        record="<results>/tables/errors.prov.json",
    log:
        "<logs>/collect_errors.log",
    benchmark:
        "<benchmarks>/collect_errors.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
    shell:
        "python {input.program:q} --errors {input.errors:q} --certificates {input.certificates:q}"
        " --output {output.errors:q}"
        " --record {output.record:q} 2> {log:q}"


rule collect_curves:
    input:
        program="workflow/scripts/collect_curves.py",
        library=library("collect_curves"),
        curves=of_all_cells("curves"),
    output:
        curves="<results>/tables/curves.parquet",
        record="<results>/tables/curves.prov.json",
    log:
        "<logs>/collect_curves.log",
    benchmark:
        "<benchmarks>/collect_curves.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
    shell:
        "python {input.program:q} --curves {input.curves:q} --output {output.curves:q}"
        " --record {output.record:q} 2> {log:q}"


rule rank_algorithms:
    input:
        program="workflow/scripts/rank_algorithms.py",
        library=library("rank_algorithms"),
        errors="<results>/tables/errors.parquet",
    output:
        minmax="<results>/tables/minmax.parquet",
        rates="<results>/tables/rates.parquet",
        record=["<results>/tables/minmax.prov.json", "<results>/tables/rates.prov.json"],
    log:
        "<logs>/rank_algorithms.log",
    benchmark:
        "<benchmarks>/rank_algorithms.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
    shell:
        "python {input.program:q} --errors {input.errors:q} --minmax {output.minmax:q}"
        " --rates {output.rates:q}"
        " --record {output.record:q} 2> {log:q}"


rule tabulate_bounds:
    input:
        program="workflow/scripts/tabulate_bounds.py",
        library=library("tabulate_bounds"),
    output:
        bounds="<results>/tables/bounds.parquet",
        record="<results>/tables/bounds.prov.json",
    log:
        "<logs>/tabulate_bounds.log",
    benchmark:
        "<benchmarks>/tabulate_bounds.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
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
        " --bound {params.bound} --output {output.bounds:q}"
        " --record {output.record:q} 2> {log:q}"


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
        record="<results>/tables/profiles.prov.json",
    log:
        "<logs>/tabulate_profiles.log",
    benchmark:
        "<benchmarks>/tabulate_profiles.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    shell:
        "python {input.program:q} --teachers {input.teachers:q} --output {output.profiles:q}"
        " --record {output.record:q} 2> {log:q}"


rule tabulate_growth:
    input:
        program="workflow/scripts/tabulate_growth.py",
        library=library("tabulate_growth"),
        errors="<results>/tables/errors.parquet",
    output:
        growth="<results>/tables/growth.parquet",
        record="<results>/tables/growth.prov.json",
    log:
        "<logs>/tabulate_growth.log",
    benchmark:
        "<benchmarks>/tabulate_growth.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
    shell:
        "python {input.program:q} --errors {input.errors:q} --output {output.growth:q}"
        " --record {output.record:q} 2> {log:q}"


rule compare_methods:
    input:
        program="workflow/scripts/compare_methods.py",
        library=library("compare_methods"),
        minmax="<results>/tables/minmax.parquet",
        errors="<results>/tables/errors.parquet",
        teachers=expand(
            "<results>/teachers/{family}/d{dim}.safetensors",
            family=TEACHER["families"],
            dim=TEACHER["dims"],
        ),
        students=of_all_cells("students", "safetensors"),
    output:
        methods="<results>/tables/methods.parquet",
        record="<results>/tables/methods.prov.json",
    log:
        text="<logs>/compare_methods.log",
        heartbeat="<logs>/compare_methods.json",
    benchmark:
        "<benchmarks>/compare_methods.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=megabytes("compare_methods"),
        runtime=minutes("compare_methods"),
        local_gpu=LOCAL_GPU,
    params:
        points=EVALUATION["points"],
        device=DEVICE,
    shell:
        "python {input.program:q} --minmax {input.minmax:q} --errors {input.errors:q}"
        " --teachers {input.teachers:q} --students {input.students:q} --points {params.points}"
        " --device {params.device} --threads {threads} --heartbeat {log.heartbeat:q}"
        " --output {output.methods:q}"
        " --record {output.record:q} 2> {log.text:q}"


rule tabulate_spikes:
    input:
        program="workflow/scripts/tabulate_spikes.py",
        library=library("tabulate_spikes"),
        minmax="<results>/tables/minmax.parquet",
        errors="<results>/tables/errors.parquet",
        teachers=expand(
            "<results>/teachers/{family}/d{dim}.safetensors",
            family=TEACHER["families"],
            dim=TEACHER["dims"],
        ),
        samples=of_all_problems("<results>/samples/{family}/d{dim}_m{samples}.parquet"),
        students=of_all_cells("students", "safetensors"),
    output:
        spikes="<results>/tables/spikes.parquet",
        record="<results>/tables/spikes.prov.json",
    log:
        "<logs>/tabulate_spikes.log",
    benchmark:
        "<benchmarks>/tabulate_spikes.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=minutes("tabulate_spikes"),
    shell:
        "python {input.program:q} --minmax {input.minmax:q} --errors {input.errors:q}"
        " --teachers {input.teachers:q} --students {input.students:q}"
        " --samples-tables {input.samples:q} --output {output.spikes:q}"
        " --record {output.record:q} 2> {log:q}"


rule tabulate_sample_counts:
    input:
        program="workflow/scripts/tabulate_sample_counts.py",
        library=library("tabulate_sample_counts"),
    output:
        sample_counts="<results>/tables/sample_counts.parquet",
        two_sided="<results>/tables/two_sided.parquet",
        record=["<results>/tables/sample_counts.prov.json", "<results>/tables/two_sided.prov.json"],
    log:
        "<logs>/tabulate_sample_counts.log",
    benchmark:
        "<benchmarks>/tabulate_sample_counts.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    shell:
        "python {input.program:q} --sample-counts {output.sample_counts:q}"
        " --two-sided {output.two_sided:q}"
        " --record {output.record:q} 2> {log:q}"


rule tabulate_hat:
    input:
        program="workflow/scripts/tabulate_hat.py",
        library=library("tabulate_hat"),
    output:
        hat="<results>/tables/hat.parquet",
        record="<results>/tables/hat.prov.json",
    log:
        "<logs>/tabulate_hat.log",
    benchmark:
        "<benchmarks>/tabulate_hat.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    shell:
        "python {input.program:q} --output {output.hat:q} --record {output.record:q} 2> {log:q}"


rule tabulate_settings:
    input:
        program="workflow/scripts/tabulate_settings.py",
        library=library("tabulate_settings"),
        config="<results>/config.resolved.yaml",
        original="workflow/paper/original.yaml",
    output:
        settings="<results>/tables/settings.parquet",
        record="<results>/tables/settings.prov.json",
    log:
        "<logs>/tabulate_settings.log",
    benchmark:
        "<benchmarks>/tabulate_settings.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    shell:
        "python {input.program:q} --config {input.config:q} --original {input.original:q}"
        " --output {output.settings:q}"
        " --record {output.record:q} 2> {log:q}"


rule tabulate_claims:
    input:
        program="workflow/scripts/tabulate_claims.py",
        library=library("tabulate_claims"),
        minmax="<results>/tables/minmax.parquet",
        rates="<results>/tables/rates.parquet",
        bounds="<results>/tables/bounds.parquet",
        growth="<results>/tables/growth.parquet",
        methods="<results>/tables/methods.parquet",
        worst_case="<results>/tables/worst_case.parquet",
    output:
        claims="<results>/tables/claims.parquet",
        record="<results>/tables/claims.prov.json",
    log:
        "<logs>/tabulate_claims.log",
    benchmark:
        "<benchmarks>/tabulate_claims.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
    params:
        family=TEACHER["families"][0],
        gap=CERTIFICATE["gap"],
    shell:
        "python {input.program:q} --family {params.family:q}"
        " --minmax {input.minmax:q} --rates {input.rates:q} --bounds {input.bounds:q}"
        " --growth {input.growth:q} --methods {input.methods:q}"
        " --worst_case {input.worst_case:q} --gap {params.gap} --output {output.claims:q}"
        " --record {output.record:q} 2> {log:q}"


rule collect_claims:
    input:
        program="workflow/scripts/collect_claims.py",
        library=library("collect_claims"),
        claims=["<results>/tables/claims.parquet"],
    output:
        claims="<results>/claims.parquet",
        record="<results>/claims.prov.json",
    log:
        "<logs>/collect_claims.log",
    benchmark:
        "<benchmarks>/collect_claims.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    shell:
        "python {input.program:q} --claims {input.claims:q} --output {output.claims:q}"
        " --record {output.record:q} 2> {log:q}"


rule write_summary:
    input:
        program="workflow/scripts/write_summary.py",
        library=library("write_summary"),
        claims="<results>/tables/claims.parquet",
        minmax="<results>/tables/minmax.parquet",
        rates="<results>/tables/rates.parquet",
        settings="<results>/tables/settings.parquet",
        sample_counts="<results>/tables/sample_counts.parquet",
        two_sided="<results>/tables/two_sided.parquet",
    output:
        summary="<results>/summary.md",
        record="<results>/summary.prov.json",
    log:
        "<logs>/write_summary.log",
    benchmark:
        "<benchmarks>/write_summary.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        family=TEACHER["families"][0],
    shell:
        "python {input.program:q} --family {params.family:q} --claims {input.claims:q}"
        " --minmax {input.minmax:q} --rates {input.rates:q} --settings {input.settings:q}"
        " --sample_counts {input.sample_counts:q} --two_sided {input.two_sided:q}"
        " --output {output.summary:q}"
        " --record {output.record:q} 2> {log:q}"
