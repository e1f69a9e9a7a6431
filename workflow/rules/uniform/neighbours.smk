# Every teacher, not the first alone, with a spike that no sample meets: how near it is in L^2.
#
#   tabulate_neighbours   tables/errors, bounds, samples, networks   ->  tables/neighbours.parquet
#   plot_neighbours       tables/neighbours                          ->  figures/neighbours.*


use rule job from uniform as tabulate_neighbours with:
    input:
        **code("workflow/scripts/uniform/tabulate_neighbours.py"),
        errors="<results>/tables/errors.parquet",
        bounds="<results>/tables/bounds.parquet",
        teachers=TEACHERS,
        samples=of_all_problems(f"<results>/samples/{PROBLEM_NAME}.parquet"),
        students=of_all_cells("students", "safetensors"),
    output:
        neighbours="<results>/tables/neighbours.parquet",
        record="<results>/tables/neighbours.prov.json",
    pathvars:
        job="tabulate_neighbours",
    resources:
        mem_mb=growing(4000),
        runtime=minutes("tabulate_neighbours"),


use rule job from uniform as plot_neighbours with:
    input:
        **code("workflow/scripts/uniform/plot_neighbours.py"),
        **tables_of("uniform", "neighbours"),
    output:
        **drawing_of("uniform", "neighbours"),
    pathvars:
        job="plot_neighbours",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),
