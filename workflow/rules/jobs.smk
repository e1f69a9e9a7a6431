# Templates of rules. A rule that inherits from one says what it reads and writes, by which program,
# and under <job> how its log is called; its options follow from that, from its wildcards, and from
# the settings that it names (`options` in common.smk).
#
#   job        a job of seconds
#   long_job   a job that may take long: it tells how far it is, and may use several threads

from driver.options import files, growing


pathvars:
    job="job",


# The library is found below workflow/scripts, and by exec a program itself, no shell around it, is
# told to stop.


rule job:
    log:
        text="<results>/logs/<job>.log",
    benchmark:
        "<results>/benchmarks/<job>.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        files=files,
        options="",
    shell:
        "PYTHONPATH=workflow/scripts exec python {input.program:q} {params.files} {params.options}"
        " 2> {log.text:q}"


rule long_job:
    log:
        text="<results>/logs/<job>.log",
        heartbeat="<results>/logs/<job>.json",
    benchmark:
        "<results>/benchmarks/<job>.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    params:
        files=files,
        options="",
    shell:
        "PYTHONPATH=workflow/scripts exec python {input.program:q} {params.files} {params.options}"
        " --threads {threads} --heartbeat {log.heartbeat:q} 2> {log.text:q}"
