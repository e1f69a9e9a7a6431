# The figures, each from tables alone, which the index of the study names: PDF, PNG, caption, record.
#
#   plot_parity_<figure>   the tables that it is drawn from   ->  figures/<figure>.*


use rule job from parity as plot_parity_norm with:
    input:
        **code("workflow/scripts/parity/plot_parity_norm.py"),
        **tables_of("parity", "norm"),
    output:
        **drawing_of("parity", "norm"),
    pathvars:
        job="plot_parity_norm",
    resources:
        **DRAWING,


use rule job from parity as plot_parity_samples with:
    input:
        **code("workflow/scripts/parity/plot_parity_samples.py"),
        **tables_of("parity", "samples"),
    output:
        **drawing_of("parity", "samples"),
    pathvars:
        job="plot_parity_samples",
    resources:
        **DRAWING,


use rule job from parity as plot_parity_waves with:
    input:
        **code("workflow/scripts/parity/plot_parity_waves.py"),
        **tables_of("parity", "waves"),
    output:
        **drawing_of("parity", "waves"),
    pathvars:
        job="plot_parity_waves",
    resources:
        **DRAWING,
