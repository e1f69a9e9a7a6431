# The students of one algorithm at one sample size, as many in a job as its target of work allows.
#
#   train_students   samples   ->  students/<shard>.safetensors, curves/<shard>.parquet
#
# A shard is <cell>_<number>of<count>. A training that is stopped leaves checkpoints/<shard>.safetensors.


rule train_students:
    input:
        program="workflow/scripts/uniform/train_students.py",
        library=library("train_students"),
        samples="<results>/samples/{family}/d{dim}_m{samples}.parquet",
    output:
        students="<results>/students/<shard>.safetensors",
        curves="<results>/curves/<shard>.parquet",
        record="<results>/students/<shard>.prov.json",
    log:
        text="<logs>/train_students/<shard>.log",
        heartbeat="<logs>/train_students/<shard>.json",
    benchmark:
        "<benchmarks>/train_students/<shard>.tsv"
    priority: training_priority
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=megabytes("train_students", SHARD_NAME),
        runtime=minutes("train_students", SHARD_NAME),
        local_gpu=LOCAL_GPU,
    params:
        wildcards=named_wildcards,
        first=lambda wildcards: find_shard(wildcards)[1].start,
        students=lambda wildcards: len(find_shard(wildcards)[1]),
        batch=lambda wildcards: find_shard(wildcards)[0].batch,
        epochs=lambda wildcards: find_shard(wildcards)[0].epochs,
        evaluations=EVALUATION["times"],
        learning_rate=TRAINING["learning_rate"],
        final_learning_rate=TRAINING["final_learning_rate"],
        engine=TRAINING["engine"],
        device=DEVICE,
        precision=TRAINING["precision"],
        # No output: Snakemake removes those of a job that was killed.
        checkpoint=lambda wildcards: f"{RESULTS}/checkpoints/{shard_name(wildcards)}.safetensors",
    # By exec, so that the program itself, and no shell around it, is told to stop.
    shell:
        "exec python {input.program:q} --samples-table {input.samples:q}"
        " --family {wildcards.family} --dim {wildcards.dim} --samples {wildcards.samples}"
        " --depth {wildcards.depth} --width {wildcards.width} --first {params.first}"
        " --count {params.students} --batch-rule {wildcards.batch_rule} --batch {params.batch}"
        " --epochs {params.epochs} --evaluations {params.evaluations}"
        " --learning-rate {params.learning_rate}"
        " --final-learning-rate {params.final_learning_rate} --engine {params.engine}"
        " --device {params.device} --precision {params.precision} --threads {threads}"
        " --checkpoint {params.checkpoint:q} --heartbeat {log.heartbeat:q}"
        " --students {output.students:q} --curves {output.curves:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log.text:q}"
