# The figures, each from tables alone, which the index of the study names: PDF, PNG, caption, record.
#
#   plot_<figure>   the tables that it is drawn from   ->  figures/<figure>.*


use rule job from uniform as plot_thesis with:
    input:
        **code("workflow/scripts/uniform/plot_thesis.py"),
        **tables_of("uniform", "thesis"),
    output:
        **drawing_of("uniform", "thesis"),
    pathvars:
        job="plot_thesis",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as plot_rates with:
    input:
        **code("workflow/scripts/uniform/plot_rates.py"),
        **tables_of("uniform", "rates"),
    output:
        **drawing_of("uniform", "rates"),
    pathvars:
        job="plot_rates",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as plot_bounds with:
    input:
        **code("workflow/scripts/uniform/plot_bounds.py"),
        **tables_of("uniform", "bounds"),
    output:
        **drawing_of("uniform", "bounds"),
    pathvars:
        job="plot_bounds",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as plot_worst_case with:
    input:
        **code("workflow/scripts/uniform/plot_worst_case.py"),
        **tables_of("uniform", "worst_case"),
    output:
        **drawing_of("uniform", "worst_case"),
    pathvars:
        job="plot_worst_case",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as plot_references with:
    input:
        **code("workflow/scripts/uniform/plot_references.py"),
        **tables_of("uniform", "references"),
    output:
        **drawing_of("uniform", "references"),
    pathvars:
        job="plot_references",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as plot_growth with:
    input:
        **code("workflow/scripts/uniform/plot_growth.py"),
        **tables_of("uniform", "growth"),
    output:
        **drawing_of("uniform", "growth"),
    pathvars:
        job="plot_growth",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as plot_spikes with:
    input:
        **code("workflow/scripts/uniform/plot_spikes.py"),
        **tables_of("uniform", "spikes"),
    output:
        **drawing_of("uniform", "spikes"),
    pathvars:
        job="plot_spikes",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as plot_sine with:
    input:
        **code("workflow/scripts/uniform/plot_sine.py"),
        **tables_of("uniform", "sine"),
    output:
        **drawing_of("uniform", "sine"),
    pathvars:
        job="plot_sine",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as plot_methods with:
    input:
        **code("workflow/scripts/uniform/plot_methods.py"),
        **tables_of("uniform", "methods"),
    output:
        **drawing_of("uniform", "methods"),
    pathvars:
        job="plot_methods",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as plot_curves with:
    input:
        **code("workflow/scripts/uniform/plot_curves.py"),
        **tables_of("uniform", "curves"),
    output:
        **drawing_of("uniform", "curves"),
    pathvars:
        job="plot_curves",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as plot_teachers with:
    input:
        **code("workflow/scripts/uniform/plot_teachers.py"),
        **tables_of("uniform", "teachers"),
    output:
        **drawing_of("uniform", "teachers"),
    pathvars:
        job="plot_teachers",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),


use rule job from uniform as plot_hat with:
    input:
        **code("workflow/scripts/uniform/plot_hat.py"),
        **tables_of("uniform", "hat"),
    output:
        **drawing_of("uniform", "hat"),
    pathvars:
        job="plot_hat",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),
