# The tables from which figures are drawn.
#
#   collect_errors           errors of all kinds, certificates   ->  tables/errors.parquet
#   collect_curves           curves of all shards                ->  tables/curves.parquet
#   rank_algorithms          tables/errors                       ->  tables/minmax, tables/rates
#   tabulate_growth          tables/errors                       ->  tables/growth.parquet
#   compare_methods          tables/errors, minmax, networks     ->  tables/methods.parquet
#   tabulate_spikes          tables/errors, minmax, networks     ->  tables/spikes.parquet
#   tabulate_bounds          config                              ->  tables/bounds.parquet
#   tabulate_sample_counts   nothing                             ->  tables/sample_counts, two_sided
#   tabulate_hat             nothing                             ->  tables/hat.parquet
#   tabulate_profiles        teachers                            ->  tables/profiles.parquet
#   tabulate_claims          the other tables                    ->  tables/claims, ledger
#   summarize_errors         tables/minmax, rates, and others    ->  summary.md
#   describe_findings        the same, and claims                ->  findings.json

# How many students compete, all cells together.
TRAININGS = sum(cell.students for cell in RANKED)


use rule job from uniform as collect_errors with:
    input:
        **code("workflow/scripts/uniform/collect_errors.py"),
        errors=[*of_all_cells("errors"), *REFERENCES, SINE_ERRORS],
        certificates=CERTIFICATES,
    output:
        table="<results>/tables/errors.parquet",
        record="<results>/tables/errors.prov.json",
    pathvars:
        job="collect_errors",
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),


use rule job from uniform as collect_curves with:
    input:
        **code("workflow/scripts/uniform/collect_curves.py"),
        curves=of_all_cells("curves"),
    output:
        table="<results>/tables/curves.parquet",
        record="<results>/tables/curves.prov.json",
    pathvars:
        job="collect_curves",
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),


use rule job from uniform as rank_algorithms with:
    input:
        **code("workflow/scripts/uniform/rank_algorithms.py"),
        errors="<results>/tables/errors.parquet",
    output:
        minmax="<results>/tables/minmax.parquet",
        rates="<results>/tables/rates.parquet",
        record=["<results>/tables/minmax.prov.json", "<results>/tables/rates.prov.json"],
    pathvars:
        job="rank_algorithms",
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),


use rule job from uniform as tabulate_bounds with:
    input:
        **code("workflow/scripts/uniform/tabulate_bounds.py"),
    output:
        bounds="<results>/tables/bounds.parquet",
        record="<results>/tables/bounds.prov.json",
    pathvars:
        job="tabulate_bounds",
    params:
        options=options(
            "uniform.teacher.dims",
            "uniform.teacher.depth",
            "uniform.teacher.width",
            "uniform.teacher.norm",
            "uniform.teacher.bound",
            "uniform.sample.sizes",
        ),


use rule job from uniform as tabulate_profiles with:
    input:
        **code("workflow/scripts/uniform/tabulate_profiles.py"),
        teachers=TEACHERS,
    output:
        profiles="<results>/tables/profiles.parquet",
        record="<results>/tables/profiles.prov.json",
    pathvars:
        job="tabulate_profiles",


use rule job from uniform as tabulate_growth with:
    input:
        **code("workflow/scripts/uniform/tabulate_growth.py"),
        errors="<results>/tables/errors.parquet",
    output:
        growth="<results>/tables/growth.parquet",
        record="<results>/tables/growth.prov.json",
    pathvars:
        job="tabulate_growth",
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),


use rule long_job from uniform as compare_methods with:
    input:
        **code("workflow/scripts/uniform/compare_methods.py"),
        minmax="<results>/tables/minmax.parquet",
        errors="<results>/tables/errors.parquet",
        teachers=TEACHERS,
        students=of_all_cells("students", "safetensors"),
    output:
        methods="<results>/tables/methods.parquet",
        record="<results>/tables/methods.prov.json",
    pathvars:
        job="compare_methods",
    resources:
        mem_mb=megabytes("compare_methods"),
        runtime=minutes("compare_methods"),
        local_gpu=LOCAL_GPU,
    params:
        options=options("uniform.evaluation.points", device=DEVICE),


use rule job from uniform as tabulate_spikes with:
    input:
        **code("workflow/scripts/uniform/tabulate_spikes.py"),
        minmax="<results>/tables/minmax.parquet",
        errors="<results>/tables/errors.parquet",
        teachers=TEACHERS,
        samples=of_all_problems(f"<results>/samples/{PROBLEM_NAME}.parquet"),
        students=of_all_cells("students", "safetensors"),
    output:
        spikes="<results>/tables/spikes.parquet",
        record="<results>/tables/spikes.prov.json",
    pathvars:
        job="tabulate_spikes",
    resources:
        mem_mb=growing(4000),
        runtime=minutes("tabulate_spikes"),


use rule job from uniform as tabulate_sample_counts with:
    input:
        **code("workflow/scripts/uniform/tabulate_sample_counts.py"),
    output:
        sample_counts="<results>/tables/sample_counts.parquet",
        two_sided="<results>/tables/two_sided.parquet",
        record=["<results>/tables/sample_counts.prov.json", "<results>/tables/two_sided.prov.json"],
    pathvars:
        job="tabulate_sample_counts",


use rule job from uniform as tabulate_hat with:
    input:
        **code("workflow/scripts/uniform/tabulate_hat.py"),
    output:
        hat="<results>/tables/hat.parquet",
        record="<results>/tables/hat.prov.json",
    pathvars:
        job="tabulate_hat",


use rule job from uniform as tabulate_claims with:
    input:
        **code("workflow/scripts/uniform/tabulate_claims.py"),
        minmax="<results>/tables/minmax.parquet",
        rates="<results>/tables/rates.parquet",
        bounds="<results>/tables/bounds.parquet",
        growth="<results>/tables/growth.parquet",
        methods="<results>/tables/methods.parquet",
        worst_case="<results>/tables/worst_case.parquet",
        budget="<results>/tables/budget.parquet",
        challenges="<results>/tables/challenges.parquet",
        neighbours="<results>/tables/neighbours.parquet",
        places="<results>/tables/places.parquet",
        regularisation="<results>/tables/regularisation.parquet",
        dimensions="<results>/tables/dimensions.parquet",
        samples_needed="<results>/tables/samples_needed.parquet",
        tractable="<results>/tables/tractable.parquet",
    output:
        claims="<results>/tables/claims.parquet",
        ledger="<results>/tables/ledger.parquet",
        record=["<results>/tables/claims.prov.json", "<results>/tables/ledger.prov.json"],
    pathvars:
        job="tabulate_claims",
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
    params:
        options=options(
            "uniform.teacher.families",
            "uniform.teacher.norm",
            "uniform.teacher.bound",
            "uniform.certificate.gap",
        ),


use rule job from uniform as summarize_errors with:
    input:
        **code("workflow/scripts/uniform/summarize_errors.py"),
        minmax="<results>/tables/minmax.parquet",
        rates="<results>/tables/rates.parquet",
        sample_counts="<results>/tables/sample_counts.parquet",
        two_sided="<results>/tables/two_sided.parquet",
    output:
        summary="<results>/summary.md",
        record="<results>/summary.prov.json",
    pathvars:
        job="summarize_errors",
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as describe_findings with:
    input:
        **code("workflow/scripts/uniform/describe_findings.py"),
        minmax="<results>/tables/minmax.parquet",
        rates="<results>/tables/rates.parquet",
        bounds="<results>/tables/bounds.parquet",
        sample_counts="<results>/tables/sample_counts.parquet",
        two_sided="<results>/tables/two_sided.parquet",
        claims="<results>/tables/claims.parquet",
    output:
        findings="<results>/findings.json",
        record="<results>/findings.prov.json",
    pathvars:
        job="describe_findings",
    params:
        options=options("uniform.teacher.families", trainings=TRAININGS),
