# Exact spikes that samples do not see, and bounds, in many classes of networks: regularisation
# (Remark 1.6 of the paper), dimension and depth.
#
#   tabulate_regularisation   samples   ->  tables/regularisation.parquet
#   tabulate_dimensions       config    ->  tables/dimensions, tables/samples_needed
#   plot_regularisation       tables    ->  figures/regularisation.*
#   plot_dimensions           tables    ->  figures/dimensions.*


use rule job from uniform as tabulate_regularisation with:
    input:
        **code("workflow/scripts/uniform/tabulate_regularisation.py"),
        # Points are those of every family, and samples begin with all smaller ones.
        samples=expand(
            "<results>/samples/{family}/d{dim}_m{samples}.parquet",
            family=UNIFORM["teacher"]["families"][0],
            dim=UNIFORM["teacher"]["dims"],
            samples=max(UNIFORM["sample"]["sizes"]),
        ),
    output:
        regularisation="<results>/tables/regularisation.parquet",
        record="<results>/tables/regularisation.prov.json",
    pathvars:
        job="tabulate_regularisation",
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        options=options(
            "uniform.teacher.dims",
            "uniform.teacher.depth",
            "uniform.teacher.width",
            "uniform.sample.sizes",
            "uniform.worst_case.norms",
            "uniform.worst_case.bounds",
        ),


use rule job from uniform as tabulate_dimensions with:
    input:
        **code("workflow/scripts/uniform/tabulate_dimensions.py"),
    output:
        dimensions="<results>/tables/dimensions.parquet",
        samples_needed="<results>/tables/samples_needed.parquet",
        record=[
            "<results>/tables/dimensions.prov.json",
            "<results>/tables/samples_needed.prov.json",
        ],
    pathvars:
        job="tabulate_dimensions",
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        options=options(
            "uniform.teacher.width",
            "uniform.teacher.bound",
            "uniform.sample.seeds",
            "uniform.worst_case.norms",
            "uniform.worst_case.dims",
            "uniform.worst_case.depths",
            "uniform.worst_case.sizes",
            "uniform.worst_case.errors",
        ),


use rule job from uniform as plot_regularisation with:
    input:
        **code("workflow/scripts/uniform/plot_regularisation.py"),
        **tables_of("uniform", "regularisation"),
    output:
        **drawing_of("uniform", "regularisation"),
    pathvars:
        job="plot_regularisation",
    resources:
        **DRAWING,


use rule job from uniform as plot_dimensions with:
    input:
        **code("workflow/scripts/uniform/plot_dimensions.py"),
        **tables_of("uniform", "dimensions"),
    output:
        **drawing_of("uniform", "dimensions"),
    pathvars:
        job="plot_dimensions",
    resources:
        **DRAWING,
