# The worst case: teachers with a spike that no sample meets, whose students are those without it.
#
#   measure_adversary     teachers, samples, students   ->  adversary/<problem>.parquet, .safetensors
#   sample_adversary      the same, and errors          ->  sampled_adversary/<problem>.parquet,
#                                                           adversary/<problem>.safetensors
#   climb_adversary       sampled_adversary, students   ->  adversary/<problem>.parquet
#   tabulate_worst_case   all of them, tables/minmax    ->  tables/worst_case.parquet
#
# A problem is <family>/d<dim>_m<samples>. Errors for d = 1 are exact. Others are sampled on the
# device, and climbed to without a GPU, whatever evaluation.method says.

SPACE_DIMS = [dim for dim in UNIFORM["teacher"]["dims"] if dim > 1]


use rule long_job from uniform as measure_adversary with:
    input:
        **code("workflow/scripts/uniform/measure_adversary.py"),
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        sample="<results>/samples/<problem>.parquet",
        students=of_algorithms("students", "safetensors"),
    output:
        spiked=f"<results>/adversary/{PROBLEM_NAME}.safetensors",
        errors=f"<results>/adversary/{PROBLEM_NAME}.parquet",
        record=f"<results>/adversary/{PROBLEM_NAME}.prov.json",
    pathvars:
        job="measure_adversary/<problem>",
    wildcard_constraints:
        dim="1",
    resources:
        mem_mb=megabytes("measure_adversary", PROBLEM_NAME),
        runtime=minutes("measure_adversary", PROBLEM_NAME),
        local_gpu=LOCAL_GPU,
    params:
        options=options(device=DEVICE),


use rule long_job from uniform as sample_adversary with:
    input:
        **code("workflow/scripts/uniform/sample_adversary.py"),
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        sample="<results>/samples/<problem>.parquet",
        students=of_algorithms("students", "safetensors"),
        errors=of_algorithms("errors", "parquet"),
    output:
        sampled=f"<results>/sampled_adversary/{PROBLEM_NAME}.parquet",
        spiked=f"<results>/adversary/{PROBLEM_NAME}.safetensors",
        record=f"<results>/sampled_adversary/{PROBLEM_NAME}.prov.json",
    pathvars:
        job="sample_adversary/<problem>",
    wildcard_constraints:
        dim=one_of(SPACE_DIMS),
    resources:
        mem_mb=megabytes("sample_adversary", PROBLEM_NAME),
        runtime=minutes("sample_adversary", PROBLEM_NAME),
        local_gpu=LOCAL_GPU,
    params:
        options=options("uniform.evaluation.points", device=DEVICE),


use rule long_job from uniform as climb_adversary with:
    input:
        **code("workflow/scripts/uniform/climb_adversary.py"),
        spiked="<results>/adversary/<problem>.safetensors",
        students=of_algorithms("students", "safetensors"),
        sampled="<results>/sampled_adversary/<problem>.parquet",
    output:
        errors=f"<results>/adversary/{PROBLEM_NAME}.parquet",
        record=f"<results>/adversary/{PROBLEM_NAME}.prov.json",
    pathvars:
        job="climb_adversary/<problem>",
    wildcard_constraints:
        dim=one_of(SPACE_DIMS),
    resources:
        mem_mb=megabytes("climb_adversary", PROBLEM_NAME),
        runtime=minutes("climb_adversary", PROBLEM_NAME),


use rule job from uniform as tabulate_worst_case with:
    input:
        **code("workflow/scripts/uniform/tabulate_worst_case.py"),
        adversary=of_all_problems(f"<results>/adversary/{PROBLEM_NAME}.parquet"),
        minmax="<results>/tables/minmax.parquet",
    output:
        worst_case="<results>/tables/worst_case.parquet",
        record="<results>/tables/worst_case.prov.json",
    pathvars:
        job="tabulate_worst_case",
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
