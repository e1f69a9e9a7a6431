# Any algorithm on its own worst case: it runs again on a teacher with a spike that it did not see.
#
#   challenge_algorithms   teachers, references   ->  challenges/<family>/d<dim>_m<samples>.parquet
#   collect_challenges     all of them            ->  tables/challenges.parquet
#   plot_algorithms        tables                 ->  figures/algorithms


use rule job from uniform as challenge_algorithms with:
    input:
        **code("workflow/scripts/uniform/challenge_algorithms.py"),
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        references="<results>/references/<problem>.parquet",
        own=OWN_ALGORITHMS,
    output:
        challenges=f"<results>/challenges/{PROBLEM_NAME}.parquet",
        record=f"<results>/challenges/{PROBLEM_NAME}.prov.json",
    pathvars:
        job="challenge_algorithms/<problem>",
    # Before training, as the references themselves.
    priority: BEFORE_TRAINING
    resources:
        mem_mb=megabytes("challenge_algorithms", PROBLEM_NAME),
        runtime=minutes("challenge_algorithms", PROBLEM_NAME),
    params:
        options=options("uniform.reference.algorithms"),


use rule job from uniform as collect_challenges with:
    input:
        **code("workflow/scripts/uniform/collect_challenges.py"),
        challenges=of_all_problems(
            f"<results>/challenges/{PROBLEM_NAME}.parquet",
            UNIFORM["teacher"]["dims"] if UNIFORM["reference"]["algorithms"] else [],
        ),
    output:
        table="<results>/tables/challenges.parquet",
        record="<results>/tables/challenges.prov.json",
    pathvars:
        job="collect_challenges",


use rule job from uniform as plot_algorithms with:
    input:
        **code("workflow/scripts/uniform/plot_algorithms.py"),
        **tables_of("uniform", "algorithms"),
    output:
        **drawing_of("uniform", "algorithms"),
    pathvars:
        job="plot_algorithms",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),
