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

SPACE_DIMS = [dim for dim in TEACHER["dims"] if dim > 1]


rule measure_adversary:
    input:
        program="workflow/scripts/uniform/measure_adversary.py",
        library=library("measure_adversary"),
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        samples="<results>/samples/{family}/d{dim}_m{samples}.parquet",
        students=of_algorithms("students", "safetensors"),
    output:
        spiked="<results>/adversary/{family}/d{dim}_m{samples}.safetensors",
        errors="<results>/adversary/{family}/d{dim}_m{samples}.parquet",
        record="<results>/adversary/{family}/d{dim}_m{samples}.prov.json",
    log:
        text="<logs>/measure_adversary/{family}/d{dim}_m{samples}.log",
        heartbeat="<logs>/measure_adversary/{family}/d{dim}_m{samples}.json",
    benchmark:
        "<benchmarks>/measure_adversary/{family}/d{dim}_m{samples}.tsv"
    wildcard_constraints:
        dim="1",
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=megabytes("measure_adversary", PROBLEM_NAME),
        runtime=minutes("measure_adversary", PROBLEM_NAME),
        local_gpu=LOCAL_GPU,
    params:
        wildcards=named_wildcards,
        device=DEVICE,
    shell:
        "python {input.program:q} --teachers {input.teachers:q}"
        " --samples-table {input.samples:q} --students {input.students:q}"
        " --device {params.device} --threads {threads} --heartbeat {log.heartbeat:q}"
        " --spiked {output.spiked:q} --output {output.errors:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log.text:q}"


rule sample_adversary:
    input:
        program="workflow/scripts/uniform/sample_adversary.py",
        library=library("sample_adversary"),
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        samples="<results>/samples/{family}/d{dim}_m{samples}.parquet",
        students=of_algorithms("students", "safetensors"),
        errors=of_algorithms("errors", "parquet"),
    output:
        sampled="<results>/sampled_adversary/{family}/d{dim}_m{samples}.parquet",
        spiked="<results>/adversary/{family}/d{dim}_m{samples}.safetensors",
        record="<results>/sampled_adversary/{family}/d{dim}_m{samples}.prov.json",
    log:
        text="<logs>/sample_adversary/{family}/d{dim}_m{samples}.log",
        heartbeat="<logs>/sample_adversary/{family}/d{dim}_m{samples}.json",
    benchmark:
        "<benchmarks>/sample_adversary/{family}/d{dim}_m{samples}.tsv"
    wildcard_constraints:
        dim=one_of(SPACE_DIMS),
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=megabytes("sample_adversary", PROBLEM_NAME),
        runtime=minutes("sample_adversary", PROBLEM_NAME),
        local_gpu=LOCAL_GPU,
    params:
        wildcards=named_wildcards,
        points=EVALUATION["points"],
        device=DEVICE,
    shell:
        "python {input.program:q} --teachers {input.teachers:q}"
        " --samples-table {input.samples:q} --students {input.students:q}"
        " --errors {input.errors:q} --points {params.points} --device {params.device}"
        " --threads {threads} --heartbeat {log.heartbeat:q} --spiked {output.spiked:q}"
        " --output {output.sampled:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log.text:q}"


rule climb_adversary:
    input:
        program="workflow/scripts/uniform/climb_adversary.py",
        library=library("climb_adversary"),
        spiked="<results>/adversary/{family}/d{dim}_m{samples}.safetensors",
        students=of_algorithms("students", "safetensors"),
        sampled="<results>/sampled_adversary/{family}/d{dim}_m{samples}.parquet",
    output:
        errors="<results>/adversary/{family}/d{dim}_m{samples}.parquet",
        record="<results>/adversary/{family}/d{dim}_m{samples}.prov.json",
    log:
        text="<logs>/climb_adversary/{family}/d{dim}_m{samples}.log",
        heartbeat="<logs>/climb_adversary/{family}/d{dim}_m{samples}.json",
    benchmark:
        "<benchmarks>/climb_adversary/{family}/d{dim}_m{samples}.tsv"
    wildcard_constraints:
        dim=one_of(SPACE_DIMS),
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=megabytes("climb_adversary", PROBLEM_NAME),
        runtime=minutes("climb_adversary", PROBLEM_NAME),
    params:
        wildcards=named_wildcards,
    shell:
        "python {input.program:q} --spiked {input.spiked:q} --students {input.students:q}"
        " --sampled {input.sampled:q} --threads {threads} --heartbeat {log.heartbeat:q}"
        " --output {output.errors:q}"
        " --record {output.record:q} --wildcards {params.wildcards:q} 2> {log.text:q}"


rule tabulate_worst_case:
    input:
        program="workflow/scripts/uniform/tabulate_worst_case.py",
        library=library("tabulate_worst_case"),
        adversary=of_all_problems("<results>/adversary/{family}/d{dim}_m{samples}.parquet"),
        minmax="<results>/tables/minmax.parquet",
    output:
        worst_case="<results>/tables/worst_case.parquet",
        record="<results>/tables/worst_case.prov.json",
    log:
        "<logs>/tabulate_worst_case.log",
    benchmark:
        "<benchmarks>/tabulate_worst_case.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
    shell:
        "python {input.program:q} --adversary {input.adversary:q} --minmax {input.minmax:q}"
        " --output {output.worst_case:q}"
        " --record {output.record:q} 2> {log:q}"
