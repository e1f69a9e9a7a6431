# The students of a cell: all teachers and seeds of one algorithm at one sample size.
#
#   train_students   samples   ->  students/<cell>.safetensors, curves/<cell>.parquet


rule train_students:
    input:
        program="workflow/scripts/train_students.py",
        library=library("train_students"),
        samples="<results>/samples/{family}/d{dim}_m{samples}.parquet",
    output:
        students="<results>/students/<cell>.safetensors",
        curves="<results>/curves/<cell>.parquet",
    log:
        "<logs>/train_students/<cell>.log",
    benchmark:
        "<benchmarks>/train_students/<cell>.tsv"
    # The longest first, lest one of them be alone at the end.
    priority: training_minutes
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=training_mb,
        runtime=training_minutes,
    params:
        batch=batch,
        epochs=epochs,
        evaluations=EVALUATION["times"],
        learning_rate=TRAINING["learning_rate"],
        final_learning_rate=TRAINING["final_learning_rate"],
        engine=TRAINING["engine"],
        device=TRAINING["device"],
        precision=TRAINING["precision"],
    shell:
        "python {input.program:q} --samples-table {input.samples:q} --family {wildcards.family}"
        " --dim {wildcards.dim} --samples {wildcards.samples} --depth {wildcards.depth}"
        " --width {wildcards.width} --batch-rule {wildcards.batch_rule} --batch {params.batch}"
        " --epochs {params.epochs} --evaluations {params.evaluations}"
        " --learning-rate {params.learning_rate}"
        " --final-learning-rate {params.final_learning_rate} --engine {params.engine}"
        " --device {params.device} --precision {params.precision} --threads {threads}"
        " --students {output.students:q} --curves {output.curves:q} 2> {log:q}"
