# What longer training changes. train_students trains the students, measure_errors, or sample_errors
# and climb_errors, measure them, as those of the paper's budget.
#
#   tabulate_budget   errors and curves of both, adversary   ->  tables/budget.parquet
#   plot_budget       tables/budget                          ->  figures/budget.*


use rule job from uniform as tabulate_budget with:
    input:
        **code("workflow/scripts/uniform/tabulate_budget.py"),
        errors="<results>/tables/errors.parquet",
        longer=of_shards("errors", "parquet", LONGER),
        curves=["<results>/tables/curves.parquet", *of_shards("curves", "parquet", LONGER)],
        adversary=of_all_problems(f"<results>/adversary/{PROBLEM_NAME}.parquet"),
    output:
        budget="<results>/tables/budget.parquet",
        record="<results>/tables/budget.prov.json",
    pathvars:
        job="tabulate_budget",
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
    params:
        options=options("uniform.budget.batch_rule", "uniform.budget.width"),


use rule job from uniform as plot_budget with:
    input:
        **code("workflow/scripts/uniform/plot_budget.py"),
        **tables_of("uniform", "budget"),
    output:
        **drawing_of("uniform", "budget"),
    pathvars:
        job="plot_budget",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),
