# How far students are from their teachers, and other algorithms from the same teachers.
#
#   measure_errors       students, teachers           ->  errors/<shard>.parquet
#   sample_errors        students, teachers           ->  sampled/<shard>.parquet
#   climb_errors         sampled, students, teachers  ->  errors/<shard>.parquet
#   certify_errors       errors, students, teachers   ->  certificates/<family>/d<dim>_m<samples>.parquet
#   measure_references   samples, teachers            ->  references/<family>/d<dim>_m<samples>.parquet


# Errors for d = 1 are exact. Others are sampled on the device, and climbed to without a GPU: unless
# the configuration asks for sampled errors, of all.
SAMPLED = ["uniform.evaluation.points"] if UNIFORM["evaluation"]["method"] == "sampled" else []
CLIMBED_DIMS = [dim for dim in UNIFORM["teacher"]["dims"] if dim > 1 and not SAMPLED]
MEASURED_DIMS = [dim for dim in UNIFORM["teacher"]["dims"] if dim not in CLIMBED_DIMS]
# Nothing is certified where the configuration says none, or where it asks for sampled errors:
# certified ones would not compare with them.
CERTIFIED_WIDTHS = [
    width for width in UNIFORM["student"]["widths"] if width <= UNIFORM["certificate"]["width"]
]
CERTIFIED_DIMS = (
    CLIMBED_DIMS if UNIFORM["certificate"]["students"] != "none" and CERTIFIED_WIDTHS else []
)
CERTIFICATES = of_all_problems(f"<results>/certificates/{PROBLEM_NAME}.parquet", CERTIFIED_DIMS)
REFERENCES = of_all_problems(
    f"<results>/references/{PROBLEM_NAME}.parquet",
    UNIFORM["teacher"]["dims"] if UNIFORM["reference"]["algorithms"] else [],
)


use rule long_job from uniform as measure_errors with:
    input:
        **code("workflow/scripts/uniform/measure_errors.py"),
        students="<results>/students/<shard>.safetensors",
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
    output:
        errors=f"<results>/errors/{SHARD_NAME}.parquet",
        record=f"<results>/errors/{SHARD_NAME}.prov.json",
    pathvars:
        job="measure_errors/<shard>",
    wildcard_constraints:
        family=one_of(UNIFORM["teacher"]["families"]),
        dim=one_of(MEASURED_DIMS),
    priority: BEFORE_TRAINING
    resources:
        mem_mb=megabytes("measure_errors", SHARD_NAME),
        runtime=minutes("measure_errors", SHARD_NAME),
        local_gpu=LOCAL_GPU,
    params:
        options=options("uniform.evaluation.method", *SAMPLED, device=DEVICE),


use rule long_job from uniform as sample_errors with:
    input:
        **code("workflow/scripts/uniform/sample_errors.py"),
        students="<results>/students/<shard>.safetensors",
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
    output:
        sampled=f"<results>/sampled/{SHARD_NAME}.parquet",
        record=f"<results>/sampled/{SHARD_NAME}.prov.json",
    pathvars:
        job="sample_errors/<shard>",
    wildcard_constraints:
        family=one_of(UNIFORM["teacher"]["families"]),
        dim=one_of(CLIMBED_DIMS),
    priority: BEFORE_TRAINING
    resources:
        mem_mb=megabytes("sample_errors", SHARD_NAME),
        runtime=minutes("sample_errors", SHARD_NAME),
        local_gpu=LOCAL_GPU,
    params:
        options=options("uniform.evaluation.points", device=DEVICE),


use rule long_job from uniform as climb_errors with:
    input:
        **code("workflow/scripts/uniform/climb_errors.py"),
        students="<results>/students/<shard>.safetensors",
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        sampled="<results>/sampled/<shard>.parquet",
    output:
        errors=f"<results>/errors/{SHARD_NAME}.parquet",
        record=f"<results>/errors/{SHARD_NAME}.prov.json",
    pathvars:
        job="climb_errors/<shard>",
    wildcard_constraints:
        family=one_of(UNIFORM["teacher"]["families"]),
        dim=one_of(CLIMBED_DIMS),
    priority: BEFORE_TRAINING
    resources:
        mem_mb=megabytes("climb_errors", SHARD_NAME),
        runtime=minutes("climb_errors", SHARD_NAME),


use rule long_job from uniform as certify_errors with:
    input:
        **code("workflow/scripts/uniform/certify_errors.py"),
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        errors=of_algorithms("errors", "parquet"),
        students=of_algorithms("students", "safetensors", CERTIFIED_WIDTHS),
    output:
        certificates=f"<results>/certificates/{PROBLEM_NAME}.parquet",
        record=f"<results>/certificates/{PROBLEM_NAME}.prov.json",
    pathvars:
        job="certify_errors/<problem>",
    priority: BEFORE_TRAINING
    resources:
        mem_mb=growing(2000),
        runtime=minutes("certify_errors", PROBLEM_NAME),
    params:
        options=options(
            "uniform.certificate.students", "uniform.certificate.gap", "uniform.certificate.boxes"
        ),


use rule long_job from uniform as measure_references with:
    input:
        **code("workflow/scripts/uniform/measure_references.py"),
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        sample="<results>/samples/<problem>.parquet",
        own=OWN_ALGORITHMS,
    output:
        errors=f"<results>/references/{PROBLEM_NAME}.parquet",
        record=f"<results>/references/{PROBLEM_NAME}.prov.json",
    pathvars:
        job="measure_references/<problem>",
    # Before training: a name that is not known is then found at once.
    priority: BEFORE_TRAINING
    resources:
        mem_mb=megabytes("measure_references", PROBLEM_NAME),
        runtime=minutes("measure_references", PROBLEM_NAME),
    params:
        options=options("uniform.reference.algorithms", "uniform.evaluation.points"),
