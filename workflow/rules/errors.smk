# How far students are from their teachers, and other algorithms from the same teachers.
#
#   measure_errors       students, teachers           ->  errors/<shard>.parquet
#   certify_errors       errors, students, teachers   ->  certificates/<family>/d<dim>_m<samples>.parquet
#   measure_references   samples, teachers            ->  references/<family>/d<dim>_m<samples>.parquet


# Errors for d = 1 are exact. Nothing is certified where the configuration says none, or where it
# asks for sampled errors: certified ones would not compare with them.
CERTIFIED_DIMS = [dim for dim in TEACHER["dims"] if dim > 1]
CERTIFIED_WIDTHS = [width for width in STUDENT["widths"] if width <= CERTIFICATE["width"]]
if CERTIFICATE["students"] == "none" or EVALUATION["method"] == "sampled" or not CERTIFIED_WIDTHS:
    CERTIFIED_DIMS = []
CERTIFICATES = of_all_problems(
    "<results>/certificates/{family}/d{dim}_m{samples}.parquet", CERTIFIED_DIMS
)
REFERENCES = of_all_problems(
    "<results>/references/{family}/d{dim}_m{samples}.parquet",
    TEACHER["dims"] if REFERENCE["algorithms"] else [],
)


rule measure_errors:
    input:
        program="workflow/scripts/measure_errors.py",
        library=library("measure_errors"),
        students="<results>/students/<shard>.safetensors",
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
    output:
        errors="<results>/errors/<shard>.parquet",
        record="<results>/errors/<shard>.prov.json",
    log:
        text="<logs>/measure_errors/<shard>.log",
        heartbeat="<logs>/measure_errors/<shard>.json",
    benchmark:
        "<benchmarks>/measure_errors/<shard>.tsv"
    wildcard_constraints:
        family="|".join(TEACHER["families"]),
    priority: BEFORE_TRAINING
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=megabytes("measure_errors", SHARD_NAME),
        runtime=minutes("measure_errors", SHARD_NAME),
        local_gpu=LOCAL_GPU,
    params:
        wildcards=named_wildcards,
        method=EVALUATION["method"],
        points=lambda wildcards: evaluation_points(wildcards.dim),
        device=DEVICE,
    shell:
        "python {input.program:q} --teachers {input.teachers:q} --students {input.students:q}"
        " --method {params.method} {params.points} --device {params.device} --threads {threads}"
        " --heartbeat {log.heartbeat:q} --output {output.errors:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log.text:q}"


rule certify_errors:
    input:
        program="workflow/scripts/certify_errors.py",
        library=library("certify_errors"),
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        errors=of_algorithms("errors", "parquet"),
        students=of_algorithms("students", "safetensors", CERTIFIED_WIDTHS),
    output:
        certificates="<results>/certificates/{family}/d{dim}_m{samples}.parquet",
        record="<results>/certificates/{family}/d{dim}_m{samples}.prov.json",
    log:
        text="<logs>/certify_errors/{family}/d{dim}_m{samples}.log",
        heartbeat="<logs>/certify_errors/{family}/d{dim}_m{samples}.json",
    benchmark:
        "<benchmarks>/certify_errors/{family}/d{dim}_m{samples}.tsv"
    priority: BEFORE_TRAINING
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=minutes("certify_errors", PROBLEM_NAME),
    params:
        wildcards=named_wildcards,
        students=CERTIFICATE["students"],
        gap=CERTIFICATE["gap"],
        boxes=CERTIFICATE["boxes"],
    shell:
        "python {input.program:q} --teachers {input.teachers:q} --errors {input.errors:q}"
        " --students {input.students:q} --certify {params.students} --gap {params.gap}"
        " --boxes {params.boxes} --threads {threads} --heartbeat {log.heartbeat:q}"
        " --output {output.certificates:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log.text:q}"


rule measure_references:
    input:
        program="workflow/scripts/measure_references.py",
        library=library("measure_references"),
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        samples="<results>/samples/{family}/d{dim}_m{samples}.parquet",
    output:
        errors="<results>/references/{family}/d{dim}_m{samples}.parquet",
        record="<results>/references/{family}/d{dim}_m{samples}.prov.json",
    log:
        text="<logs>/measure_references/{family}/d{dim}_m{samples}.log",
        heartbeat="<logs>/measure_references/{family}/d{dim}_m{samples}.json",
    benchmark:
        "<benchmarks>/measure_references/{family}/d{dim}_m{samples}.tsv"
    # Before training: a name that is not known is then found at once.
    priority: BEFORE_TRAINING
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=megabytes("measure_references", PROBLEM_NAME),
        runtime=minutes("measure_references", PROBLEM_NAME),
    params:
        wildcards=named_wildcards,
        algorithms=REFERENCE["algorithms"],
        points=EVALUATION["points"],
    shell:
        "python {input.program:q} --family {wildcards.family} --teachers {input.teachers:q}"
        " --samples-table {input.samples:q} --samples {wildcards.samples}"
        " --algorithms {params.algorithms} --points {params.points}"
        " --heartbeat {log.heartbeat:q} --output {output.errors:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log.text:q}"
