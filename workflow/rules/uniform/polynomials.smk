# What is tractable (Remarks 1.2 and 1.3 of the paper): polynomials, for who knows their degree.
#
#   learn_polynomials     config                           ->  polynomials/d<dim>_k<degree>.parquet
#   collect_polynomials   all of them                      ->  tables/tractable.parquet
#   plot_tractable        tables/minmax, tables/tractable  ->  figures/tractable.*

# A kind may have two names.
POLYNOMIALS = list(
    dict.fromkeys(
        "<results>/polynomials/d{dim}_k{degree}.parquet".format_map(kind)
        for kind in UNIFORM["polynomial"]["kinds"].values()
    )
)


wildcard_constraints:
    degree="[0-9]+",


use rule long_job from uniform as learn_polynomials with:
    input:
        **code("workflow/scripts/uniform/learn_polynomials.py"),
    output:
        table="<results>/polynomials/d{dim}_k{degree}.parquet",
        record="<results>/polynomials/d{dim}_k{degree}.prov.json",
    pathvars:
        job="learn_polynomials/d{dim}_k{degree}",
    resources:
        mem_mb=growing(2000),
        runtime=minutes("learn_polynomials", "d{dim}_k{degree}"),
    params:
        options=options(
            "uniform.polynomial.count",
            "uniform.polynomial.sizes",
            "uniform.polynomial.seeds",
            "uniform.polynomial.trained",
            "uniform.polynomial.depth",
            "uniform.polynomial.width",
            "uniform.polynomial.divisor",
            "uniform.polynomial.epochs",
            "uniform.training.learning_rate",
            "uniform.training.final_learning_rate",
            "uniform.training.weight_decay",
            "uniform.evaluation.points",
            "training.engine",
            "training.precision",
        ),


use rule job from uniform as collect_polynomials with:
    input:
        **code("workflow/scripts/uniform/collect_polynomials.py"),
        polynomials=POLYNOMIALS,
    output:
        table="<results>/tables/tractable.parquet",
        record="<results>/tables/tractable.prov.json",
    pathvars:
        job="collect_polynomials",


use rule job from uniform as plot_tractable with:
    input:
        **code("workflow/scripts/uniform/plot_tractable.py"),
        **tables_of("uniform", "tractable"),
    output:
        **drawing_of("uniform", "tractable"),
    pathvars:
        job="plot_tractable",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),
