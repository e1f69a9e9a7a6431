# The configuration in force, the teachers, and the samples.
#
#   resolve_config    config               ->  config.resolved.yaml
#   sample_teachers   config               ->  teachers/<family>/d<dim>.safetensors
#   draw_samples      teachers             ->  samples/<family>/d<dim>_m<samples>.parquet


rule resolve_config:
    input:
        program="workflow/scripts/document/resolve_config.py",
        library=library("resolve_config"),
    output:
        config="<results>/config.resolved.yaml",
        record="<results>/config.resolved.prov.json",
    log:
        "<logs>/resolve_config.log",
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        config=json.dumps(CONFIG),
    shell:
        "python {input.program:q} --config {params.config:q} --output {output.config:q}"
        " --record {output.record:q} 2> {log:q}"


rule sample_teachers:
    input:
        program="workflow/scripts/uniform/sample_teachers.py",
        library=library("sample_teachers"),
    output:
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        record="<results>/teachers/{family}/d{dim}.prov.json",
    log:
        "<logs>/sample_teachers/{family}/d{dim}.log",
    benchmark:
        "<benchmarks>/sample_teachers/{family}/d{dim}.tsv"
    priority: BEFORE_TRAINING
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        wildcards=named_wildcards,
        depth=TEACHER["depth"],
        width=TEACHER["width"],
        norm=TEACHER["norm"],
        bound=TEACHER["bound"],
        teachers=TEACHER["count"],
    shell:
        "python {input.program:q} --family {wildcards.family} --dim {wildcards.dim}"
        " --depth {params.depth} --width {params.width} --norm {params.norm}"
        " --bound {params.bound} --count {params.teachers} --output {output.teachers:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log:q}"


rule draw_samples:
    input:
        program="workflow/scripts/uniform/draw_samples.py",
        library=library("draw_samples"),
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
    output:
        samples="<results>/samples/{family}/d{dim}_m{samples}.parquet",
        record="<results>/samples/{family}/d{dim}_m{samples}.prov.json",
    log:
        "<logs>/draw_samples/{family}/d{dim}_m{samples}.log",
    benchmark:
        "<benchmarks>/draw_samples/{family}/d{dim}_m{samples}.tsv"
    wildcard_constraints:
        family=one_of(TEACHER["families"]),
    priority: BEFORE_TRAINING
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        wildcards=named_wildcards,
        seeds=SAMPLE["seeds"],
    shell:
        "python {input.program:q} --teachers {input.teachers:q} --samples {wildcards.samples}"
        " --seeds {params.seeds} --output {output.samples:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log:q}"
