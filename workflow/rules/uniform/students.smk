# The students of one algorithm at one sample size, as many in a job as its target of work allows.
#
#   train_students   samples   ->  students/<shard>.safetensors, curves/<shard>.parquet
#
# A shard is <cell>_<number>of<count>. A training that is stopped leaves checkpoints/<shard>.safetensors.


use rule long_job from uniform as train_students with:
    input:
        **code("workflow/scripts/uniform/train_students.py"),
        sample="<results>/samples/<problem>.parquet",
    output:
        students=f"<results>/students/{SHARD_NAME}.safetensors",
        curves=f"<results>/curves/{SHARD_NAME}.parquet",
        record=f"<results>/students/{SHARD_NAME}.prov.json",
    pathvars:
        job="train_students/<shard>",
    priority: training_priority
    resources:
        mem_mb=megabytes("train_students", SHARD_NAME),
        runtime=minutes("train_students", SHARD_NAME),
        local_gpu=LOCAL_GPU,
    params:
        options=options(
            "uniform.evaluation.times",
            "uniform.training.final_learning_rate",
            "uniform.training.weight_decay",
            "training.engine",
            "training.precision",
            teachers=told("teachers"),
            seeds=told("seeds"),
            first=told("first"),
            count=told("count"),
            batch=told("batch"),
            epochs=told("epochs"),
            learning_rate=told("learning_rate"),
            device=DEVICE,
            # No output: Snakemake removes those of a job that was killed.
            checkpoint=lambda wildcards: (
                f"{ROOT}/uniform/checkpoints/{shard_name(wildcards)}.safetensors"
            ),
        ),
