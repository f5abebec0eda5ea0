"""Files as their owners have them: customers, visits, sensors, invoices, photos, mails, and vectors made elsewhere.

Each is written into a folder by a seed of its own, so that a test may rely on what is in it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from PIL import Image

FIRST = ("Ada", "Boris", "Chloe", "Deniz", "Emil", "Fatou", "Grete", "Hugo", "Ines", "Jonas", "Kira", "Liam")
LAST = ("Abel", "Berg", "Cruz", "Diaz", "Ebert", "Falk", "Gomez", "Haas", "Ito", "Jung", "Klein", "Lopez")


def words(text):
    return text.split()


GOOD = words("thanks for the quick help of your team, the delivery came early and all was complete")
BAD = words("the invoice was wrong again and nobody of the hotline called back about my broken router")
TOPICS = {
    "sport": words("match goal team season coach player league cup final score trainer ball"),
    "cooking": words("butter oven flour recipe garlic sauce pepper onion bake simmer dough salt"),
    "travel": words("flight hotel beach ticket museum train island passport luggage harbour city tour"),
}


def customers(folder, labelled=True, rows=240):
    """An id, a name, a date, numbers with gaps, few categories, a remark, a constant; four unbalanced classes."""
    rng = np.random.default_rng(1)
    kind = rng.choice(["basic", "plus", "pro", "premium"], rows, p=[0.7, 0.18, 0.08, 0.04])
    level = pd.Series(kind).map({"basic": 0, "plus": 1, "pro": 2, "premium": 3}).to_numpy()
    remark = [
        " ".join(rng.choice(GOOD if good else BAD, rng.integers(6, 14)))
        for good in rng.random(rows) < 0.3 + 0.2 * level
    ]
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{number:06d}" for number in rng.permutation(rows) + 1000],
            "name": [f"{rng.choice(FIRST)} {rng.choice(LAST)}" for _ in range(rows)],
            "since": pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 3600, rows), "D"),
            "age": np.where(rng.random(rows) < 0.1, np.nan, rng.integers(18, 90, rows)),
            "turnover": np.round(np.exp(rng.normal(4 + level, 0.6)), 2),
            "orders": rng.poisson(3 + 4 * level),
            "region": rng.choice(["north", "east", "south", "west"], rows),
            "newsletter": rng.choice(["yes", "no"], rows),
            "currency": "EUR",
            "remark": remark,
            "plan": kind,
        }
    )
    frame["since"] = frame["since"].dt.strftime("%Y-%m-%d")
    path = folder / "customers.csv"
    (frame if labelled else frame.drop(columns="plan")).to_csv(path, index=False)
    return path


def visits(folder, patients=40, each=6):
    """Several visits of each patient, whose own level outweighs what tells ill from well."""
    rng = np.random.default_rng(2)
    patient = np.repeat(np.arange(patients), each)
    ill = np.repeat(rng.permutation(np.arange(patients) % 2), each)
    own = np.repeat(rng.normal(0, 3, (patients, 5)), each, axis=0)
    x = own + 0.8 * ill[:, None] + rng.normal(0, 0.4, (len(patient), 5))
    frame = pd.DataFrame(x, columns=["pulse", "pressure", "glucose", "weight", "crp"]).round(3)
    frame.insert(0, "patient", [f"P{number:03d}" for number in patient])
    frame["diagnosis"] = np.where(ill, "ill", "well")
    path = folder / "visits.csv"
    frame.sample(frac=1, random_state=0).to_csv(path, index=False)
    return path


def sensors(folder, rows=300):
    """One row an hour, drifting, with a real target."""
    rng = np.random.default_rng(3)
    time = pd.date_range("2024-01-01", periods=rows, freq="h")
    drift = np.linspace(0, 2, rows)
    temperature = 15 + 8 * np.sin(2 * np.pi * time.hour / 24) + drift + rng.normal(0, 0.5, rows)
    humidity = 60 - 2 * (temperature - 15) + rng.normal(0, 2, rows)
    frame = pd.DataFrame(
        {"time": time, "temperature": temperature, "humidity": humidity, "wind": rng.gamma(2, 2, rows)}
    )
    frame["load"] = np.round(100 + 5 * temperature - 0.5 * humidity + rng.normal(0, 3, rows) + 0.1, 3)
    path = folder / "sensors.parquet"
    frame.to_parquet(path)
    return path


def invoices(folder, rows=160):
    """German numbers and dates between semicolons."""
    rng = np.random.default_rng(4)

    def german(value):
        return f"{value:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")

    paid = rng.random(rows) < 0.75
    net = np.exp(rng.normal(7 - paid, 1))
    frame = pd.DataFrame(
        {
            "Rechnung": [f"RE-2024-{number:05d}" for number in range(1, rows + 1)],
            "Datum": [f"{d:02d}.{m:02d}.2024" for d, m in rng.integers(1, [29, 13], (rows, 2))],
            "Netto": [german(value) for value in net],
            "Brutto": [german(value * 1.19) for value in net],
            "Mahnungen": rng.poisson(0.3 + 1.5 * ~paid),
            "bezahlt": np.where(paid, "ja", "nein"),
        }
    )
    path = folder / "rechnungen.csv"
    frame.to_csv(path, index=False, sep=";")
    return path


def photos(folder, rows=36):
    """Photos of all sizes, in colour, without class folders, and a file that is none."""
    rng = np.random.default_rng(5)
    root = folder / "photos"
    root.mkdir()
    for number in range(rows):
        width, height = (int(side) for side in rng.integers(20, 90, 2))
        base = rng.integers(0, 200, 3)
        pixels = np.clip(base + rng.normal(0, 20, (height, width, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(root / f"IMG_{number:04d}.{'JPG' if number % 2 else 'png'}")
    (root / "Thumbs.db").write_bytes(b"\0\1")
    return root


def drawings(folder, rows=60):
    """Grey drawings of 28 x 28 pixels in class folders."""
    rng = np.random.default_rng(6)
    for number in range(rows):
        kind = number % 3
        place = folder / "drawings" / ("circle", "cross", "line")[kind]
        place.mkdir(parents=True, exist_ok=True)
        pixels = np.zeros((28, 28), np.uint8)
        pixels[6 + kind : 22, 13:15] = 255
        if kind:
            pixels[13:15, 4 : 10 + 6 * kind] = 255
        Image.fromarray(np.clip(pixels + rng.integers(0, 30, (28, 28)), 0, 255).astype(np.uint8)).save(
            place / f"{number}.png"
        )
    return folder / "drawings"


def mails(folder, rows=150):
    """Mails in JSON Lines: an id, a date, a subject, a body, a folder."""
    rng = np.random.default_rng(7)
    topic = rng.choice(list(TOPICS), rows)
    body = [" ".join([*rng.choice(TOPICS[kind], 12), *rng.choice(GOOD + BAD, 8)]) + "." for kind in topic]
    frame = pd.DataFrame(
        {
            "id": np.arange(90_000, 90_000 + rows),
            "sent": pd.date_range("2025-03-01", periods=rows, freq="7h").strftime("%Y-%m-%dT%H:%M:%S"),
            "body": body,
            "folder": topic,
        }
    )
    path = folder / "mails.jsonl"
    frame.to_json(path, orient="records", lines=True)
    return path


def vectors(folder, rows=120, dim=24):
    """Embeddings of some tool: an id, a list column, a class."""
    rng = np.random.default_rng(8)
    kind = np.arange(rows) % 4
    x = rng.normal(size=(rows, dim)) + 2 * rng.normal(size=(4, dim))[kind]
    frame = pd.DataFrame({"doc": [f"d{number}" for number in range(rows)], "embedding": list(x.astype(np.float32))})
    frame["kind"] = np.array(["a", "b", "c", "d"])[kind]
    path = folder / "vectors.parquet"
    frame.to_parquet(path)
    return path


def wide(folder, rows=24, columns=400):
    """Far more features than rows."""
    rng = np.random.default_rng(9)
    kind = np.arange(rows) % 2
    x = rng.normal(size=(rows, columns))
    x[:, :20] += 2 * kind[:, None]
    frame = pd.DataFrame(x, columns=[f"gene{number}" for number in range(columns)]).round(4)
    frame["tissue"] = np.where(kind, "tumour", "normal")
    path = folder / "genes.csv"
    frame.to_csv(path, index=False)
    return path


def narrow(folder, rows=3000):
    """Two features, many rows, no label."""
    rng = np.random.default_rng(10)
    x = rng.normal(size=(rows, 2)) + 4 * np.eye(2)[np.arange(rows) % 2]
    path = folder / "points.tsv"
    pd.DataFrame(x, columns=["x", "y"]).round(4).to_csv(path, index=False, sep="\t")
    return path


def rare(folder, rows=80):
    """More classes than a split has rows, and some of one member."""
    rng = np.random.default_rng(11)
    kind = np.r_[np.arange(30), rng.integers(0, 20, rows - 30)]
    x = rng.normal(size=(rows, 4)) + kind[:, None]
    frame = pd.DataFrame(x, columns=list("abcd")).round(3)
    frame["species"] = [f"species {number}" for number in kind]
    path = folder / "rare.csv"
    frame.to_csv(path, index=False)
    return path


def animals(folder, rows=240):
    """Measurements of animals with order, family and species, some families unknown, and where they were seen."""
    rng = np.random.default_rng(13)
    species = rng.integers(0, 12, rows)
    means = (rng.normal(size=(size, 5)) * spread for size, spread in ((3, 4), (6, 2.5), (12, 1.2)))
    orders, families, own = means
    x = orders[species // 4] + families[species // 2] + own[species] + rng.normal(0, 0.8, (rows, 5))
    frame = pd.DataFrame(x, columns=["length", "mass", "ear", "tail", "tooth"]).round(3)
    frame.insert(0, "tag", [f"A{number:05d}" for number in rng.permutation(rows) + 500])
    frame["site"] = rng.choice(["forest", "coast", "steppe"], rows)
    frame["order"] = np.array(["carnivora", "rodentia", "primates"])[species // 4]
    names = np.array(["felidae", "canidae", "muridae", "sciuridae", "cebidae", "hominidae"], dtype=object)
    frame["family"] = np.where(rng.random(rows) < 0.1, None, names[species // 2])
    frame["species"] = [f"species {number}" for number in species]
    frame["part"] = rng.permutation(np.repeat(["train", "val", "test"], [int(0.7 * rows), rows // 10, rows // 5]))
    path = folder / "animals.csv"
    frame.to_csv(path, index=False)
    return path


def tiny(folder):
    """Fifteen rows of three numbers, five of each class."""
    rng = np.random.default_rng(12)
    x = rng.normal(size=(15, 3)) + 3 * np.eye(3)[np.arange(15) % 3]
    frame = pd.DataFrame(x, columns=list("uvw")).round(3)
    frame["y"] = np.array(list("rst"))[np.arange(15) % 3]
    path = folder / "tiny.csv"
    frame.to_csv(path, index=False)
    return path


TAGS = {
    "economy": words("market price bank trade rate growth inflation budget export profit debt wage"),
    "health": words("doctor vaccine hospital patient virus diet sleep therapy nurse disease pulse clinic"),
    "science": words("theory experiment telescope molecule laboratory particle genome satellite data orbit cell proof"),
    "culture": words("museum novel opera painting concert poet theatre sculpture film gallery exhibition stage"),
    "climate": words("carbon drought glacier emission flood heat forest ocean storm wind solar ice"),
    "law": words("court judge verdict appeal statute lawyer witness trial contract jury ruling fine"),
}


def tagged(rows=180):
    """Articles with an id and one to four tags each, some of them far more common than others."""
    rng = np.random.default_rng(13)
    names = np.array(list(TAGS))
    chances = np.array([0.35, 0.25, 0.18, 0.12, 0.07, 0.03])
    tags = [list(rng.choice(names, rng.integers(1, 5), replace=False, p=chances)) for _ in range(rows)]
    body = [" ".join(rng.permutation([word for tag in each for word in rng.choice(TAGS[tag], 8)])) for each in tags]
    ids = [f"A{number:05d}" for number in rng.permutation(rows)]
    return pd.DataFrame({"id": ids, "body": body, "tags": [list(map(str, each)) for each in tags]})


def articles(folder, ending=".csv"):
    """These, the tags between semicolons in CSV, as lists in JSON Lines and Parquet."""
    frame, path = tagged(), folder / f"articles{ending}"
    if ending == ".csv":
        frame.assign(tags=frame["tags"].map("; ".join)).to_csv(path, index=False)
    elif ending == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)
    return path


def products(folder, ending=".jsonl", rows=200):
    """A table of numbers and a category, of which each row has none to three labels."""
    rng = np.random.default_rng(14)
    hot = rng.random((rows, 4)) < [0.5, 0.3, 0.2, 0.1]
    x = hot @ (3 * rng.normal(size=(4, 3))) + rng.normal(size=(rows, 3))
    frame = pd.DataFrame(x, columns=["length", "weight", "price"]).round(3)
    frame["maker"] = rng.choice(["Acme", "Bolt", "Core"], rows)
    names = np.array(["fragile", "heavy", "new", "sale"])
    frame["labels"] = [names[row].tolist() for row in hot]
    path = folder / f"products{ending}"
    if ending == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)
    return path
