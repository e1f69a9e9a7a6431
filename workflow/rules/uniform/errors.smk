# How far students are from their teachers, and other algorithms from the same teachers.
#
#   measure_errors       students, teachers           ->  errors/<shard>.parquet
#   sample_errors        students, teachers           ->  sampled/<shard>.parquet
#   climb_errors         sampled, students, teachers  ->  errors/<shard>.parquet
#   certify_errors       errors, students, teachers   ->  certificates/<family>/d<dim>_m<samples>.parquet
#   measure_references   samples, teachers            ->  references/<family>/d<dim>_m<samples>.parquet


# Errors for d = 1 are exact. Others are sampled on the device, and climbed to without a GPU: unless
# the configuration asks for sampled errors, of all.
CLIMBED_DIMS = [dim for dim in TEACHER["dims"] if dim > 1 and EVALUATION["method"] == "exact"]
MEASURED_DIMS = [dim for dim in TEACHER["dims"] if dim not in CLIMBED_DIMS]
# Nothing is certified where the configuration says none, or where it asks for sampled errors:
# certified ones would not compare with them.
CERTIFIED_WIDTHS = [width for width in STUDENT["widths"] if width <= CERTIFICATE["width"]]
CERTIFIED_DIMS = CLIMBED_DIMS if CERTIFICATE["students"] != "none" and CERTIFIED_WIDTHS else []
CERTIFICATES = of_all_problems(
    "<results>/certificates/{family}/d{dim}_m{samples}.parquet", CERTIFIED_DIMS
)
REFERENCES = of_all_problems(
    "<results>/references/{family}/d{dim}_m{samples}.parquet",
    TEACHER["dims"] if REFERENCE["algorithms"] else [],
)


# Shards are spelled out in outputs: Snakemake sees no wildcards to constrain in <shard>.


rule measure_errors:
    input:
        program="workflow/scripts/uniform/measure_errors.py",
        library=library("measure_errors"),
        students="<results>/students/<shard>.safetensors",
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
    output:
        errors=f"<results>/errors/{SHARD_NAME}.parquet",
        record=f"<results>/errors/{SHARD_NAME}.prov.json",
    log:
        text="<logs>/measure_errors/<shard>.log",
        heartbeat="<logs>/measure_errors/<shard>.json",
    benchmark:
        "<benchmarks>/measure_errors/<shard>.tsv"
    wildcard_constraints:
        family=one_of(TEACHER["families"]),
        dim=one_of(MEASURED_DIMS),
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
        points=f"--points {EVALUATION['points']}" if EVALUATION["method"] == "sampled" else "",
        device=DEVICE,
    shell:
        "python {input.program:q} --teachers {input.teachers:q} --students {input.students:q}"
        " --method {params.method} {params.points} --device {params.device} --threads {threads}"
        " --heartbeat {log.heartbeat:q} --output {output.errors:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log.text:q}"


rule sample_errors:
    input:
        program="workflow/scripts/uniform/sample_errors.py",
        library=library("sample_errors"),
        students="<results>/students/<shard>.safetensors",
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
    output:
        sampled=f"<results>/sampled/{SHARD_NAME}.parquet",
        record=f"<results>/sampled/{SHARD_NAME}.prov.json",
    log:
        text="<logs>/sample_errors/<shard>.log",
        heartbeat="<logs>/sample_errors/<shard>.json",
    benchmark:
        "<benchmarks>/sample_errors/<shard>.tsv"
    wildcard_constraints:
        family=one_of(TEACHER["families"]),
        dim=one_of(CLIMBED_DIMS),
    priority: BEFORE_TRAINING
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=megabytes("sample_errors", SHARD_NAME),
        runtime=minutes("sample_errors", SHARD_NAME),
        local_gpu=LOCAL_GPU,
    params:
        wildcards=named_wildcards,
        points=EVALUATION["points"],
        device=DEVICE,
    shell:
        "python {input.program:q} --teachers {input.teachers:q} --students {input.students:q}"
        " --points {params.points} --device {params.device} --threads {threads}"
        " --heartbeat {log.heartbeat:q} --output {output.sampled:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log.text:q}"


rule climb_errors:
    input:
        program="workflow/scripts/uniform/climb_errors.py",
        library=library("climb_errors"),
        students="<results>/students/<shard>.safetensors",
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        sampled="<results>/sampled/<shard>.parquet",
    output:
        errors=f"<results>/errors/{SHARD_NAME}.parquet",
        record=f"<results>/errors/{SHARD_NAME}.prov.json",
    log:
        text="<logs>/climb_errors/<shard>.log",
        heartbeat="<logs>/climb_errors/<shard>.json",
    benchmark:
        "<benchmarks>/climb_errors/<shard>.tsv"
    wildcard_constraints:
        family=one_of(TEACHER["families"]),
        dim=one_of(CLIMBED_DIMS),
    priority: BEFORE_TRAINING
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=megabytes("climb_errors", SHARD_NAME),
        runtime=minutes("climb_errors", SHARD_NAME),
    params:
        wildcards=named_wildcards,
    shell:
        "python {input.program:q} --teachers {input.teachers:q} --students {input.students:q}"
        " --sampled {input.sampled:q} --threads {threads} --heartbeat {log.heartbeat:q}"
        " --output {output.errors:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log.text:q}"


rule certify_errors:
    input:
        program="workflow/scripts/uniform/certify_errors.py",
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
        program="workflow/scripts/uniform/measure_references.py",
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
