# Networks that learn parity, and what else does.
#
#   train_parity           config   ->  students/d<dim>.safetensors: from all points
#   solve_parity_samples   config   ->  solved/d<dim>.parquet: from samples, by all methods


use rule long_job from parity as train_parity with:
    input:
        **code("workflow/scripts/parity/train_parity.py"),
    output:
        students="<results>/students/d{dim}.safetensors",
        record="<results>/students/d{dim}.prov.json",
    pathvars:
        job="train_parity/d{dim}",
    resources:
        **parity_costs("train_parity"),
    params:
        options=options(
            "parity.seeds",
            "parity.decay",
            "parity.steps",
            "parity.learning_rate",
            "parity.final_learning_rate",
            "training.engine",
            "training.precision",
            width=lambda wildcards: trained_width(int(wildcards.dim), PARITY["width"]),
        ),


use rule long_job from parity as solve_parity_samples with:
    input:
        **code("workflow/scripts/parity/solve_parity_samples.py"),
    output:
        solved="<results>/solved/d{dim}.parquet",
        record="<results>/solved/d{dim}.prov.json",
    pathvars:
        job="solve_parity_samples/d{dim}",
    resources:
        **parity_costs("solve_parity_samples"),
    params:
        options=options(
            "parity.samples.ratios",
            "parity.samples.seeds",
            "parity.samples.trained.dims",
            "parity.samples.trained.decay",
            "parity.samples.trained.width",
            "parity.samples.trained.steps",
            "parity.learning_rate",
            "parity.final_learning_rate",
            "training.engine",
            "training.precision",
        ),
