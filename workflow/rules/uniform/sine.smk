# A small experiment of its own: one smooth function, learned by one deep network.
#
#   draw_sine_samples   config     ->  samples/sine/d1_m<samples>.parquet
#   measure_sine        students   ->  errors/sine/<cell>.parquet, tables/sine.parquet
#
# In between train_students does what it does for every family.

SINE_ERRORS = f"<results>/errors/{sine_cell(SINE).name}.parquet"


rule draw_sine_samples:
    input:
        program="workflow/scripts/uniform/draw_sine_samples.py",
        library=library("draw_sine_samples"),
    output:
        samples="<results>/samples/sine/d1_m{samples}.parquet",
        record="<results>/samples/sine/d1_m{samples}.prov.json",
    log:
        "<logs>/draw_samples/sine/d1_m{samples}.log",
    benchmark:
        "<benchmarks>/draw_samples/sine/d1_m{samples}.tsv"
    priority: BEFORE_TRAINING
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        wildcards=named_wildcards,
        seeds=SINE["seeds"],
    shell:
        "python {input.program:q} --samples {wildcards.samples} --seeds {params.seeds}"
        " --output {output.samples:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log:q}"


rule measure_sine:
    input:
        program="workflow/scripts/uniform/measure_sine.py",
        library=library("measure_sine"),
        students=of_shards("students", "safetensors", [sine_cell(SINE)]),
    output:
        errors=SINE_ERRORS,
        profile="<results>/tables/sine.parquet",
        record=["<results>/tables/sine.prov.json", SINE_ERRORS.replace(".parquet", ".prov.json")],
    log:
        "<logs>/measure_sine.log",
    benchmark:
        "<benchmarks>/measure_sine.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=minutes("measure_sine"),
    params:
        points=EVALUATION["points"],
    shell:
        "python {input.program:q} --students {input.students:q} --points {params.points}"
        " --errors {output.errors:q} --profile {output.profile:q}"
        " --record {output.record:q} 2> {log:q}"
