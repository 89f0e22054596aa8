"""Makes Tests/Fixtures/agreement/*.json: what independent implementations say of tables that are made here from seeds.

Run by hand when a fixture is to be added, in a Python environment outside the repository:

    python3 -m venv /tmp/agreement && /tmp/agreement/bin/pip install krippendorff nltk scikit-learn statsmodels irrcac
    /tmp/agreement/bin/python scripts/lib/agreement_fixtures.py ratings
    /tmp/agreement/bin/python scripts/lib/agreement_fixtures.py variables
    python3 -m venv /tmp/gamma && /tmp/gamma/bin/pip install pygamma-agreement
    /tmp/gamma/bin/python scripts/lib/agreement_fixtures.py spans

(Two environments, since they want different versions of numpy.) Every file names the versions that made it.
"""

import json
import math
import random
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "agreement"
warnings.filterwarnings("ignore")


def finite(value):
    """A figure as JSON: null where the implementation has none."""
    value = float(value)
    return value if math.isfinite(value) else None


def write(name, packages, cases):
    path = TARGET / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    versions = {package: version(package) for package in packages}
    versions["python"] = sys.version.split()[0]
    with open(path, "w") as file:
        file.write('{"versions": ' + json.dumps(versions) + ',\n"cases": [\n')
        file.write(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases))
        file.write("\n]}\n")
    print(path, len(cases))


def ratings_table(rng, units, coders, scale, missing, noise):
    """Rows of units: a true value each, which coders replace by another with some probability, and gaps."""
    rows = []
    for _ in range(units):
        truth = rng.choice(scale)
        rows.append([
            None if rng.random() < missing else rng.choice(scale) if rng.random() < noise else truth
            for _ in range(coders)
        ])
    return rows


def attempt(compute):
    try:
        return finite(compute())
    except (ValueError, ZeroDivisionError, AssertionError):
        return None


def numeric_cases():
    import krippendorff
    import numpy
    import pandas
    from irrCAC.raw import CAC
    from sklearn.metrics import cohen_kappa_score
    from statsmodels.stats.inter_rater import fleiss_kappa

    cases = []
    for seed in range(60):
        rng = random.Random(seed)
        scale = {0: [1, 2, 3, 4, 5], 1: [0, 1], 2: [1, 2, 4, 8, 16, 32], 3: [0.5, 1.25, 3, 7.75, 100.125]}[seed % 4]
        coders = rng.choice([2, 2, 3, 5, 8])
        rows = ratings_table(
            rng, rng.choice([3, 8, 20, 100, 400]), coders, scale, rng.choice([0, 0, 0.1, 0.4]), rng.choice([0, 0.1, 0.4, 0.9]))
        data = numpy.array([[math.nan if v is None else v for v in row] for row in rows], dtype=float).T
        case = {"seed": seed, "scale": scale, "rows": rows}
        for metric in ("nominal", "ordinal", "interval", "ratio"):
            case[f"alpha {metric}"] = attempt(
                lambda: krippendorff.alpha(reliability_data=data, level_of_measurement=metric))
        if coders == 2:
            both = [row for row in rows if None not in row]
            # scikit-learn takes labels for classes, so that numbers are named by their rank.
            left, right = ([scale.index(row[c]) for row in both] for c in (0, 1))
            for weights in (None, "linear", "quadratic"):
                case[f"cohen {weights or 'unweighted'}"] = attempt(
                    lambda: cohen_kappa_score(left, right, labels=list(range(len(scale))), weights=weights))
        complete = [[row.count(v) for v in scale] for row in rows if None not in row]
        case["fleiss"] = attempt(lambda: fleiss_kappa(numpy.array(complete))) if complete else None
        # Weights of irrCAC are by value; by rank if values are ranks.
        ranks = pandas.DataFrame([[None if v is None else scale.index(v) + 1 for v in row] for row in rows], dtype=float)
        categories = list(range(1, len(scale) + 1))
        for name, weights in (("unweighted", "identity"), ("linear", "linear"), ("quadratic", "quadratic")):
            # irrCAC rounds what it reports to five digits, unless it is told otherwise.
            cac = CAC(ranks.dropna(how="all"), weights=weights, categories=categories, digits=15)
            try:
                estimate = cac.gwet()["est"]
                case[f"gwet {name}"] = finite(estimate["coefficient_value"])
                case[f"agreement {name}"] = finite(estimate["pa"])
            except (ValueError, ZeroDivisionError):
                case[f"gwet {name}"] = None
        cases.append(case)
    write("ratings", ["krippendorff", "scikit-learn", "statsmodels", "irrcac", "numpy"], cases)


def set_distances():
    """Jaccard's and MASI distance of two sets."""
    from nltk.metrics import jaccard_distance

    def jaccard(left, right):
        return 0.0 if left == right else jaccard_distance(left, right)

    def masi(left, right):
        """Passonneau (2006) with thirds: NLTK's own masi_distance writes 0.67 and 0.33, and fails for two empty sets."""
        if left == right:
            return 0.0
        common = len(left & right)
        monotonicity = 2 / 3 if left <= right or right <= left else 1 / 3
        return 1 - (common / len(left | right)) * (monotonicity if common else 0)

    return jaccard, masi


def set_cases():
    from nltk.metrics.agreement import AnnotationTask

    jaccard, masi = set_distances()
    cases = []
    for seed in range(40):
        rng = random.Random(1000 + seed)
        codes = "abcdef"[: rng.choice([2, 3, 6])]
        coders = rng.choice([2, 3, 5])
        scale = [sorted(rng.sample(codes, rng.randrange(len(codes) + 1))) for _ in range(8)]
        rows = ratings_table(rng, rng.choice([4, 15, 60]), coders, scale, rng.choice([0, 0.2]), rng.choice([0.1, 0.5]))
        # NLTK 3.9 counts units with a single rating among the pairable values; Krippendorff does not.
        kept = [row for row in rows if sum(v is not None for v in row) > 1]
        data = [(c, u, frozenset(v)) for u, row in enumerate(kept) for c, v in enumerate(row) if v is not None]
        case = {"seed": 1000 + seed, "rows": rows}
        for name, distance in (("jaccard", jaccard), ("masi", masi)):
            case[f"alpha {name}"] = attempt(lambda: AnnotationTask(data=data, distance=distance).alpha())
        cases.append(case)
    write("sets", ["nltk"], cases)


def values_of(variable, statements):
    """All values of a variable in one coder's statements of a passage."""
    return {value for statement in statements for value in statement.get(variable, [])}


def variable_rows(variable, kind, documents, coders):
    """The rows of a variable as docs/agreement.md describes them: sets, or None where a coder has no rating."""
    rows = []
    for document in documents:
        for passage in document["passages"]:
            if not any(s["type"] == kind for coded in passage for s in coded or []):
                continue
            row = []
            for coder in range(coders):
                if passage[coder] is not None:
                    row.append(values_of(variable, passage[coder]))
                else:
                    row.append(set() if coder in document["finished"] else None)
            rows.append(row)
    return rows


def variable_cases():
    """Rounds whose coders make statements: for each passage and coder null (not marked), or the statements."""
    import datetime

    import krippendorff
    import numpy
    from nltk.metrics.agreement import AnnotationTask

    jaccard, masi = set_distances()

    def number(value):
        """A whole number, or the day of a full date, counted by Python's calendar."""
        if isinstance(value, int):
            return value
        return datetime.date.fromisoformat(value).toordinal() if len(value) == 10 else None

    def numeric(rows, metric):
        def cell(values):
            found = number(next(iter(values))) if values is not None and len(values) == 1 else None
            return math.nan if found is None else found

        data = numpy.array([[cell(values) for values in row] for row in rows], dtype=float).T
        return attempt(lambda: krippendorff.alpha(reliability_data=data, level_of_measurement=metric))

    def nominal(rows):
        names = {}
        def cell(values):
            return math.nan if values is None else names.setdefault(frozenset(values), len(names))

        data = numpy.array([[cell(values) for values in row] for row in rows], dtype=float).T
        return attempt(lambda: krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))

    def of_sets(rows, distance):
        kept = [row for row in rows if sum(v is not None for v in row) > 1]
        data = [(c, u, frozenset(v)) for u, row in enumerate(kept) for c, v in enumerate(row) if v is not None]
        return attempt(lambda: AnnotationTask(data=data, distance=distance).alpha())

    cases = []
    for seed in range(24):
        rng = random.Random(3000 + seed)
        coders = rng.choice([2, 3, 3, 5])
        noise = rng.choice([0.1, 0.3, 0.6])

        def day():
            date = datetime.date(2008, 2, 20) + datetime.timedelta(days=rng.randrange(20))
            return date.isoformat() if rng.random() < 0.85 else date.isoformat()[: rng.choice([4, 7])]

        def statement(kind):
            if kind == "claim":
                return {"certainty": [rng.randrange(1, 8)]} if rng.random() < 0.9 else {}
            made = {
                "position": [rng.choice(["support", "reject", "neutral"])] if rng.random() < 0.9 else [],
                "date": [day()] if rng.random() < 0.8 else [],
                "instruments": sorted(rng.sample(range(1, 6), rng.randrange(4))),
            }
            return {name: values for name, values in made.items() if values}

        documents = []
        for _ in range(rng.choice([1, 2, 4])):
            passages = []
            for _ in range(rng.choice([4, 12, 25])):
                truth = [(kind, statement(kind)) for kind in rng.choices(["built-in", "claim"], k=rng.choice([0, 1, 1, 1, 2]))]
                passages.append([
                    None if rng.random() < 0.2 else [
                        {"type": kind, **(statement(kind) if rng.random() < noise else said)} for kind, said in truth
                        if rng.random() < 0.95]
                    for _ in range(coders)
                ])
            documents.append({
                "finished": [coder for coder in range(coders) if rng.random() < 0.6],
                "passages": [passage for passage in passages if any(coded is not None for coded in passage)],
            })
        case = {"seed": 3000 + seed, "coders": coders, "documents": documents}
        for variable, kind, metrics in (
            ("position", "built-in", []), ("instruments", "built-in", []), ("date", "built-in", ["ordinal", "interval"]),
            ("certainty", "claim", ["ordinal", "interval", "ratio"]),
        ):
            rows = variable_rows(variable, kind, documents, coders)
            case[f"units {variable}"] = len(rows)
            case[f"incomplete {variable}"] = sum(None in row for row in rows)
            case[f"{variable} nominal"] = nominal(rows) if rows else None
            case[f"{variable} masi"] = of_sets(rows, masi)
            case[f"{variable} jaccard"] = of_sets(rows, jaccard)
            for metric in metrics:
                case[f"{variable} {metric}"] = numeric(rows, metric) if rows else None
        cases.append(case)
    write("variables", ["krippendorff", "nltk", "numpy"], cases)


def random_spans(rng, length, coders):
    """Units that coders marked with some shift, under some other category, or overlooked; the whole text is used."""
    truth, position = [], 0
    while True:
        start = position + rng.randrange(0, 30)
        end = start + rng.randrange(5, 40)
        if end > length:
            break
        truth.append([start, end, rng.choice("abc")])
        position = end
    coded = []
    for _ in range(coders):
        spans = []
        for start, end, category in truth:
            if rng.random() < 0.2:
                continue
            start = max(0, start + rng.randrange(-4, 5))
            end = min(length, max(start + 1, end + rng.randrange(-4, 5)))
            spans.append([start, end, rng.choice("abc") if rng.random() < 0.2 else category])
        coded.append(sorted(spans))
    # pygamma-agreement takes the text to reach from the first unit to the last.
    coded[0] = sorted([[0, 3, "a"], [length - 3, length, "b"]] + [s for s in coded[0] if 3 <= s[0] and s[1] <= length - 3])
    return coded


def naive_unitizing_alpha(length, coded):
    """Krippendorff (1995) by its definitions, one pair of sections after the other."""
    coders = len(coded)
    observed = expected = 0.0
    for category in sorted({s[2] for spans in coded for s in spans}):
        cuts = []
        for spans in coded:
            own, position, cut = [s for s in spans if s[2] == category], 0, []
            for start, end, _ in own:
                if start < position:
                    return None
                if start > position:
                    cut.append((position, start - position, 0))
                cut.append((start, end - start, 1))
                position = end
            if position < length:
                cut.append((position, length - position, 0))
            cuts.append(cut)
        for i in range(coders):
            for j in range(coders):
                if i == j:
                    continue
                for b1, l1, w1 in cuts[i]:
                    for b2, l2, w2 in cuts[j]:
                        difference = b1 - b2
                        if w1 and w2 and -l1 < difference < l2:
                            observed_part = difference**2 + (difference + l1 - l2) ** 2
                        elif w1 and not w2 and l2 - l1 >= difference >= 0:
                            observed_part = l1**2
                        elif not w1 and w2 and l2 - l1 <= difference <= 0:
                            observed_part = l2**2
                        else:
                            observed_part = 0
                        observed += observed_part / (coders * (coders - 1) * length**2)
        sections = [s for cut in cuts for s in cut]
        count = sum(w for _, _, w in sections)
        numerator = 0
        for _, l, w in sections:
            if w:
                numerator += (count - 1) / 3 * (2 * l**3 - 3 * l**2 + l)
                numerator += l**2 * sum(g - l + 1 for _, g, v in sections if not v and g >= l)
        places = coders * length * (coders * length - 1) - sum(l * (l - 1) for _, l, w in sections if w)
        expected += 2 / length * numerator / places
    return 1 - observed / expected if expected else None


def span_cases():
    import logging
    import statistics

    import numpy
    from pyannote.core import Segment
    from pygamma_agreement import CombinedCategoricalDissimilarity, Continuum, ShuffleContinuumSampler
    from pygamma_agreement.dissimilarity import AbsoluteCategoricalDissimilarity

    logging.disable(logging.WARNING)
    cases = []
    for seed in range(24):
        rng = random.Random(2000 + seed)
        coders = rng.choice([2, 3, 3, 4]) if seed % 6 else 5
        length = rng.choice([150, 300]) if coders < 5 else 150
        coded = random_spans(rng, length, coders)
        alpha, beta, empty = rng.choice([(1, 1, 1), (3, 1, 1), (1, 2, 0.5)])
        continuum = Continuum()
        for coder, spans in enumerate(coded):
            continuum.add_annotator(str(coder))
            for start, end, category in spans:
                continuum.add(str(coder), Segment(start, end), category)
        # Left to itself the package (0.5.9) weighs categories by a delta_empty of 1, whatever it is told.
        dissimilarity = CombinedCategoricalDissimilarity(
            alpha=alpha, beta=beta, delta_empty=empty, cat_dissim=AbsoluteCategoricalDissimilarity(empty))
        best = continuum.get_best_alignment(dissimilarity)
        # The package works in single precision: the disorder of its alignment again, in double.
        total, pairs = 0.0, coders * (coders - 1) // 2
        for unitary in best.unitary_alignments:
            units = [unit for _, unit in unitary.n_tuple if unit is not None]
            present = len(units) * (len(units) - 1) // 2
            cost = (pairs - present) * empty
            for i, u in enumerate(units):
                for v in units[:i]:
                    apart = abs(u.segment.start - v.segment.start) + abs(u.segment.end - v.segment.end)
                    ratio = apart / (u.segment.duration + v.segment.duration)
                    cost += (alpha * ratio**2 + beta * (u.annotation != v.annotation)) * empty
            total += cost / pairs
        numpy.random.seed(seed)
        sampler = ShuffleContinuumSampler()
        sampler.init_sampling(continuum)
        samples = [
            float(sampler.sample_from_continuum.get_best_alignment(dissimilarity).disorder)
            for _ in range(120 if coders < 5 else 60)
        ]
        # pyannote keeps equal units of a coder once.
        coded = [sorted({tuple(s) for s in spans}) for spans in coded]
        cases.append({
            "seed": 2000 + seed, "length": length, "spans": coded, "alpha": alpha, "beta": beta, "deltaEmpty": empty,
            "observed": total / (continuum.num_units / coders), "expected": statistics.fmean(samples),
            "samples": len(samples), "expectedError": statistics.stdev(samples) / math.sqrt(len(samples)),
            "unitizingAlpha": naive_unitizing_alpha(length, coded),
        })
        print(seed, coders, cases[-1]["observed"], cases[-1]["expected"], flush=True)
    write("spans", ["pygamma-agreement", "numpy"], cases)


if __name__ == "__main__":
    if sys.argv[1:] == ["ratings"]:
        numeric_cases()
        set_cases()
    elif sys.argv[1:] == ["variables"]:
        variable_cases()
    elif sys.argv[1:] == ["spans"]:
        span_cases()
    else:
        sys.exit("usage: agreement_fixtures.py ratings|variables|spans")
