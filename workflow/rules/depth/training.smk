# Networks that learn, and what they err by.
#
#   train_sawtooth   config   ->  sawtooth/k<compositions>.parquet, profiles/k<compositions>.parquet
#   train_inner      config   ->  inner/d<dim>.parquet


wildcard_constraints:
    compositions="[0-9]+",


use rule long_job from depth as train_sawtooth with:
    input:
        **code("workflow/scripts/depth/train_sawtooth.py"),
    output:
        errors="<results>/sawtooth/k{compositions}.parquet",
        profiles="<results>/profiles/k{compositions}.parquet",
        record="<results>/sawtooth/k{compositions}.prov.json",
    pathvars:
        job="train_sawtooth/k{compositions}",
    resources:
        mem_mb=growing(2000),
        runtime=lambda wildcards, attempt: DEPTH_COSTS.minutes(
            "train_sawtooth", f"k{wildcards.compositions}", attempt
        ),
    params:
        options=options(
            "depth.compositions",
            "depth.seeds",
            "depth.shallow_width",
            "depth.deep_widths",
            "depth.batch",
            "depth.epochs",
            "depth.learning_rate",
            "depth.final_learning_rate",
            "depth.cliff.composition",
            "depth.cliff.widths",
            "depth.cliff.depths",
            "depth.cliff.deep_widths",
            "training.engine",
            "training.precision",
        ),


use rule long_job from depth as train_inner with:
    input:
        **code("workflow/scripts/depth/train_inner.py"),
    output:
        errors="<results>/inner/d{dim}.parquet",
        record="<results>/inner/d{dim}.prov.json",
    pathvars:
        job="train_inner/d{dim}",
    resources:
        mem_mb=growing(2000),
        runtime=lambda wildcards, attempt: DEPTH_COSTS.minutes(
            "train_inner", f"d{wildcards.dim}", attempt
        ),
    params:
        options=options(
            "depth.inner.depths",
            "depth.inner.widths",
            "depth.inner.seeds",
            "depth.inner.epochs",
            "depth.learning_rate",
            "depth.final_learning_rate",
            "training.engine",
            "training.precision",
        ),
