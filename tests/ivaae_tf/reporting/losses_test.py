from ivaae_tf.plots import charts
from ivaae_tf.reporting.losses import curves, losses


def test_each_chart_is_described():
    charted = [
        charts.Chart(title, (charts.Line("run 3", 0, (1, 2), (3, 4)),)) for title in ("FLD", "KID")
    ]
    assert curves("f.png", charted, "", {}).description == (
        "FLD over epochs: run 3 ends at 4 after epoch 2. "
        "KID over epochs: run 3 ends at 4 after epoch 2."
    )


def test_losses_come_with_their_data(make_run):
    figure = losses([make_run("a", epochs=2), make_run("b", epochs=1, num_bridges=1)])
    assert figure.data["losses.csv"].decode() == (
        "run,epoch,js_estimate,latent_loss,reconstruction_loss\na,1,1,1,1\na,2,0.5,0.5,0.5\nb,1,1,1,1\n"
    )
    # log(t+1), the maximum of the divergence.
    assert "0.693 at t = 1 and 1.61 at t = 4" in figure.caption
    assert losses([make_run("c", epochs=0)]) is None
