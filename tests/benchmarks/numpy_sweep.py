"""The sweep over densities in vectorised NumPy: the same algorithm, tables and scores.

It knows one case, that of the benchmark (SRE, every filter and kernel alive, one kind of column
group), and takes the smooth law of the maximum everywhere; the kernels do more.
"""

import math

import numpy as np

from recost.kernels.cells import (
    INPUTS,
    INPUTS_VALUES,
    LANES,
    LIMITS_VALUES,
    LIVE,
    ORDER,
    SURFACES,
    UNITS,
    WEIGHTS,
    WEIGHTS_VALUES,
)
from recost.kernels.counts import layer_counts, layer_placement
from recost.kernels.engine import (
    SUM_ACTIVATIONS,
    SUM_CHIPS,
    SUM_CONTROL,
    SUM_CONVERSIONS,
    SUM_CROSSBARS,
    SUM_CYCLES,
    SUM_SLOWEST,
    SUM_STORED,
    SUM_TILES,
    SUMS,
)
from recost.kernels.maximum import _LOGARITHMS, SHARES
from recost.kernels.normal import quantile
from recost.vocabulary import ACTIONS, COUNTS, Count

# Points whose cells of a table are copied at once, so that they stay in cache.
TOGETHER = 512


def position(t):
    root = np.sqrt(t)
    return root / (root + np.sqrt(1.0 - t))


def basis(u):
    out = np.empty((len(u), ORDER))
    out[:, 0], out[:, 1] = 1.0, u
    for k in range(2, ORDER):
        out[:, k] = 2.0 * u * out[:, k - 1] - out[:, k - 2]
    return out


def cell(axis, t):
    at = (position(t) - axis["start"]) * axis["scale"]
    i = np.clip(at.astype(np.int64), 0, axis["cells"] - 1)
    return i, basis(2.0 * (at - i) - 1.0)


def read(surface, values, one, two):
    i, first = cell(surface["first"], one)
    j, second = cell(surface["second"], two)
    at = surface["cell"] + i * surface["second"]["cells"] + j
    width = values.shape[2] // ORDER
    if surface["first"]["scale"] == 0.0:  # all coefficients but the first are 0
        rows = values[at, 0].reshape(-1, ORDER, width)
        return np.matmul(second[:, None, :], rows)[:, 0]
    out = np.empty((len(one), width))
    for start in range(0, len(one), TOGETHER):
        part = slice(start, start + TOGETHER)
        rows = np.matmul(first[part, None, :], values[at[part]]).reshape(-1, ORDER, width)
        out[part] = np.matmul(second[part, None, :], rows)[:, 0]
    return out


def cell_by_cell(tables):
    """The coefficients of tables as [cells, ORDER, values]."""
    return tables._replace(
        units=tables.units.reshape(-1, ORDER, LANES),
        inputs=tables.inputs.reshape(-1, ORDER, ORDER * INPUTS_VALUES),
        weights=tables.weights.reshape(-1, ORDER, ORDER * WEIGHTS_VALUES),
        limits=tables.limits.reshape(-1, ORDER, LIMITS_VALUES),
    )


def power(x, m):
    return x * x if m == 1 else x * x * x


def moments(tables, table, p, rho, x):
    """Mean, own and shared variance and third moment, limits, causes of one column group."""
    s = tables.surfaces[table * SURFACES : (table + 1) * SURFACES]
    v, u, r = p * rho * x, rho * x, rho * p
    i, first = cell(s[UNITS]["first"], v)
    units = np.matmul(first[:, None, :], tables.units[s[UNITS]["cell"] + i])[:, 0]
    inputs = read(s[INPUTS], tables.inputs, p, u)
    weights = read(s[WEIGHTS], tables.weights, x, r)
    dead = read(s[LIVE], tables.weights, x * p, rho)
    found = [v * units[:, 0]]
    for m in (1, 2):
        through = power(p, m) * u * inputs[:, m - 1]
        scale, lost = power(x, m) * r * (1.0 - r), power(x * p, m) * rho * (1.0 - rho)
        fixed, fixed_one = scale * weights[:, m - 1], scale * weights[:, m + 1]
        dead_all, dead_one = lost * dead[:, m - 1], lost * dead[:, m + 1]
        rest = v * units[:, m] - through - fixed_one + dead_one
        found += [fixed - dead_all + rest, dead_all + through - dead_one]
        if m == 1:
            causes = [dead_all, through - dead_one, fixed - dead_all, rest]
    begin, end = tables.pieces[table], tables.pieces[table + 1]
    at = begin + np.searchsorted(tables.edges[begin + 1 : end, 0], v, side="right")
    low, high = tables.edges[at].T
    piece = basis(2.0 * (v - low) / (high - low) - 1.0)
    beyond, zero, one, two = np.matmul(piece[:, None, :], tables.limits[at])[:, 0].T
    tied = p * p * np.maximum(0.0, zero - 2.0 * x * one + x * x * two)
    return found, (tables.usual[at], v * np.maximum(0.0, beyond), v * tied), [*causes, rest]


def below(x, skewness):
    from scipy.special import ndtr

    base = 1.0 + 0.5 * skewness * x
    inside = ndtr(6.0 / skewness * (np.cbrt(base) - 1.0) + skewness / 6.0)
    return np.where(base > 0.0, inside, skewness < 0.0)


def clusters(mean, variance, third, limits, units):
    """Usual units, clusters beyond them, their size and tie, P(not at the sum), P(no cluster)."""
    usual, expected, tied = limits
    tied = np.divide(tied, expected, out=np.zeros_like(tied), where=expected > 0.0)
    size = 1.0 + (units - 1.0) * tied
    rate = expected / size
    deviation = np.sqrt(variance)
    at_sum = below((usual - 0.5 - mean) / deviation, third / (variance * deviation))
    return usual, rate, size, tied, 1.0 - at_sum, np.exp(-rate)


def usual_bound(mean, held, crossbars, chunks):
    usual, rate, size, tied, left, term = held
    left = np.maximum(1.0, crossbars * np.exp(math.log(chunks / crossbars) * tied) * left)
    above, k, most = 1.0 - term, 0.0, 0.0
    while ((some := left * above) > 1e-4).any():
        most = most - np.where(some > 1e-4, np.expm1(-some), 0.0)
        k += 1.0
        term = term * (rate / k)
        above = above - term
    return np.maximum(usual + most * size, mean)


def scores(count):
    if count == 1:
        return None
    return [-quantile(-math.expm1(-y / count)) for y in _LOGARITHMS]


def largest(mean, variance, third, z, bound):
    if z is None:
        return mean, variance, third
    deviation, reach = np.sqrt(variance), bound - mean
    a = np.clip(third / (variance * deviation), -4.0, 4.0) / 6.0
    square = a * a
    c, shift = 1.0 - square, a * (1.0 - square + square * square / 3.0)
    slope, bend, twist = c * c, a * c, square / 3.0
    thin = 1.0 / (48.0 * np.maximum(variance, 2.0))
    one, two, three = np.zeros((3, len(mean)))
    off, more = np.empty((2, len(mean)))
    for share, score in zip(SHARES, z, strict=True):
        np.multiply(a, score, out=more)
        more += c
        more *= more
        np.minimum(more, 1.0, out=more)
        more *= thin
        more *= score * (score * score - 1.0)
        np.multiply(twist, score, out=off)
        off += bend
        off *= score
        off += slope
        off *= score
        off -= shift
        off -= more
        off *= deviation
        np.minimum(off, reach, out=off)
        np.multiply(off, share, out=more)
        one += more
        more *= off
        two += more
        more *= off
        three += more
    mean = np.minimum(mean + np.maximum(0.0, one), bound)
    return mean, two - one * one, three - 3.0 * one * two + 2.0 * one * one * one


def over(slowest, usual, bound):
    share = np.clip(1.0 - (usual - slowest[0]), 0.0, 1.0)
    return slowest[0] + share * (bound - slowest[0]), *slowest[1:]


def larger(a, b, bound):
    from scipy.special import ndtr

    spread = np.sqrt(a[1] + b[1])
    score = (a[0] - b[0]) / spread
    share = ndtr(score)
    density = np.exp(-0.5 * score * score) / math.sqrt(2.0 * math.pi)
    mean = a[0] * share + b[0] * (1.0 - share) + spread * density
    square = (a[1] + a[0] ** 2) * share + (b[1] + b[0] ** 2) * (1.0 - share)
    square = square + (a[0] + b[0]) * spread * density
    return np.minimum(mean, bound), square - mean * mean, np.where(share >= 0.5, a[2], b[2])


def together(causes, p, q):
    """What two causes make together: own and shared third moment, and what own variance gains."""
    rows, inputs, weights, both, rest = causes
    share = rest / (1.0 + p + q - 2.0 * p * q)
    with_weights, with_inputs = weights / both * (1.0 - q), inputs / both * (1.0 - p)
    return (
        3.0 * with_weights * (1.0 - 2.0 * p) * share,
        3.0 * rows * inputs,
        with_inputs * (1.0 - 2.0 * q) * share + 2.0 * with_inputs * with_weights * share
        + rows * (both + weights),
    )  # fmt: skip


class NumpySweep:
    """`moving` and `tables` of a sweep over element and row densities; `structure` of SRE."""

    def __init__(self, moving, tables, structure):
        self.tables, self.moving, self.structure = cell_by_cell(tables), moving, structure
        self.layers, self.fixed = {}, np.zeros(COUNTS)  # layers by what they wait for
        for i in moving.first.tolist():
            layer = moving.layers[i]
            self.fixed += self._fixed(layer)
            self.layers.setdefault(self._plan(i), []).append(float(layer["vectors"]))
        self.scores = {
            many: scores(many)
            for groups, _, rows in self.layers
            for _, _, chunks, columns in rows
            for many in (groups * chunks, *(count for _, count in columns))
        }

    def _fixed(self, layer):
        """What does not depend on densities."""
        fixed = np.zeros(COUNTS)
        layer_counts(layer, self.structure, None, None, fixed)
        return fixed

    def _plan(self, i):
        """Groups, densities of slices and classes of crossbars: (rows, table, chunks, columns)."""
        layer, structure = self.moving.layers[i], self.structure
        place = layer_placement(layer, structure)
        size = int(structure["crossbar_rows"])
        tall = [(size, place.row_chunks - 1), (place.last_rows, 1)]
        if place.last_rows == size:
            tall = [(size, place.row_chunks)]
        wide = [(size, place.column_chunks - 1), (place.last_bitlines, 1)]
        if place.last_bitlines == size:
            wide = [(size, place.column_chunks)]
        classes = []
        for rows, chunks in tall:
            if not chunks:
                continue
            key = [rows, structure["operation_unit_rows"], self.moving.directions[i]]
            table = int(np.flatnonzero((self.tables.keys == key).all(axis=1))[0])
            assert all(bitlines % 16 == 0 for bitlines, count in wide if count)
            columns = tuple((bitlines // 16, 2 * count) for bitlines, count in wide if count)
            classes.append((int(rows), table, int(chunks), columns))
        place = float(layer["element_density"]), float(layer["row_density"])
        assert self.__dict__.setdefault("place", place) == place  # all layers have these densities
        return int(layer["groups"]), tuple(layer["slice_density"].tolist()), tuple(classes)

    def crossbar(self, table, units, densities):
        """What a crossbar of so many column groups does; alike for all layers of these densities.

        Its mean, own, shared and third moments; clusters; what goes with the row chunk.
        """
        p, rho, x, steep = densities
        if table not in self.kept:
            self.kept[table] = moments(self.tables, table, p, rho, x)
        found, limits, causes = self.kept[table]
        mean, own, third = units * found[0], units * found[1], units * found[3]
        shared, shared_third = units * units * found[2], units * units * units * found[4]
        scaled = [causes[0] / found[0], units * causes[1], *causes[2:]]
        limits = [units * one for one in limits]
        held = clusters(mean, own + shared, third + shared_third, limits, units)
        own_third, common, gained = together([units * one for one in scaled], p, steep)
        return mean, own, third + own_third, held, shared, shared_third + common, gained / shared

    def waits(self, plan, p, rho):
        """Cycles, activations, drives and kept rows of a layer for a vector."""
        groups, density, classes = plan
        density, total = np.array(density), sum(density)
        x, steep = np.full_like(p, density.max()), float((density**2).sum()) / total
        work = driven = bound = 0.0
        slowest = None
        for rows, table, chunks, columns in classes:
            mine, most, waits = None, 0.0, groups * chunks
            for k, (units, count) in enumerate(columns):
                crossbars = float(waits * count)
                if (table, units) not in self.kept:  # alike, whatever layer they belong to
                    self.kept[table, units] = self.crossbar(table, units, (p, rho, x, steep))
                mean, own, third, held, shared, shared_third, slope = self.kept[table, units]
                limit = usual_bound(mean, held, crossbars, float(waits))
                one = largest(mean, own, third, self.scores[count], limit)
                most = np.maximum(most, limit)
                mine = one if mine is None else larger(mine, one, most)
                work = work + crossbars * mean
                driven += crossbars * units * rows
                if k == 0:  # the widest: its crossbars have the longest mean
                    first = mean, own, shared, shared_third, slope, held[0]
            mean, own, shared, shared_third, slope, usual = first
            more = np.maximum(0.0, mine[0] - mean)
            swelling = np.maximum(0.0, 1.0 + 0.5 * more * slope / own)
            gain = swelling * swelling
            variance = mine[1] + gain * shared
            third = mine[2] + swelling * gain * shared_third
            third += 3.0 * swelling * shared * slope * mine[1] / own
            mine = over(largest(mine[0], variance, third, self.scores[waits], most), usual, most)
            bound = np.maximum(bound, most)
            slowest = mine if slowest is None else larger(slowest, mine, bound)
        return slowest[0], work, driven * total, driven

    def block(self, element, rho):
        """Counts of the network that depend on densities: [counts, points]."""
        none = 1.0 - 0.5 * element
        p = 1.0 - none * none
        live = rho * p
        self.kept, out = {}, np.repeat(self.fixed[:, None], len(p), axis=1)
        cycles, work, drives, stored, decodes = np.zeros((5, len(p)))
        for plan, layers in self.layers.items():
            slowest, mine, driven, kept = self.waits(plan, p, rho)
            vectors = sum(layers)
            cycles += vectors * slowest
            work += vectors * mine
            drives += vectors * driven * live
            stored += len(layers) * kept * live
            decodes += vectors * kept * live
        width = float(self.structure["sparsity_index_bits"])
        out[Count.CYCLES], out[Count.OU_ACTIVATIONS] = cycles, work
        for name in ("ADC_CONVERSIONS", "SAMPLES", "SHIFT_ADDS", "OUTPUT_REGISTER_WRITES"):
            out[Count[name]] = 16.0 * work
        out[Count.WORDLINE_DRIVES] = out[Count.INPUT_REGISTER_BITS] = drives
        out[Count.CELL_READS] = 16.0 * drives
        out[Count.INDEX_BITS_STORED] = stored * width
        out[Count.INDEX_DECODES], out[Count.INDEX_BITS_READ] = decodes, decodes * width
        return out

    def sums(self, element, rho, block):
        """Counts of the network, one block of points after the other: [points, COUNTS].

        Points that lie close follow each other, as in the kernel: they read the same cells.
        """
        place = (element * 32.0).astype(np.int64) * 32 + (rho * 32.0).astype(np.int64)
        order = np.argsort(place.astype(np.uint16), kind="stable")
        out = np.empty((len(element), COUNTS))
        for start in range(0, len(element), block):
            part = order[start : start + block]
            out[part] = self.block(element[part], rho[part]).T
        return out


class NumpyStructures:
    """The sums over a network on structures that differ in their hierarchy, the same algorithm.

    What structures of one kind share is known: counts, placements, and sums that do not move.
    One copy of each layer, and no budget.
    """

    def __init__(self, layers, structures, counted):
        counts, rows, self.alike = counted
        self.structures = structures
        _, some = np.unique(self.alike, return_index=True)
        places = [[layer_placement(layer, structures[s]) for layer in layers] for s in some]
        self.strip = np.array([[p.column_chunks * p.sets for p in row] for row in places])
        self.row_chunks = np.array([[p.row_chunks for p in row] for row in places])
        crossbars = np.array([[p.crossbars for p in row] for row in places])
        self.ends = np.cumsum(crossbars, axis=1)
        self.fixed = counts[rows].sum(axis=1)  # [kinds, COUNTS]
        self.slowest = counts[rows][:, :, Count.CYCLES].max(axis=1)
        self.control = (crossbars * counts[rows][:, :, Count.CYCLES]).sum(axis=1)
        vectors = layers["groups"] * layers["vectors"]
        self.inputs, self.columns = vectors * layers["rows"], vectors * layers["columns"]
        self.outputs, self.first = layers["outputs"], layers["inputs"][0]

    def sums(self, block):
        """Sums [structures, SUMS]."""
        found = np.zeros((len(self.structures), SUMS))
        for start in range(0, len(found), block):
            part = slice(start, start + block)
            self._block(self.structures[part], self.alike[part], found[part])
        return found

    def _block(self, structures, kind, out):
        bits = structures["precision_input_bits"]
        core = structures["hierarchy_crossbars_per_core"]
        tile = core * structures["hierarchy_cores_per_tile"]
        chip = tile * structures["hierarchy_tiles_per_chip"]
        out[:, :ACTIONS] = self.fixed[kind, :ACTIONS]
        strip, chunks, ends = self.strip[kind], self.row_chunks[kind], self.ends[kind]
        fetched = (self.inputs * -(-strip // core[:, None])).sum(axis=1)
        partial = (self.columns * chunks).sum(axis=1)
        tiles = -(-chunks // np.maximum(1, tile[:, None] // strip))
        crossing = (self.columns * (tiles - 1)).sum(axis=1) + self.outputs.sum()
        chips = (ends - 1) // chip[:, None]
        before = np.zeros_like(ends)
        before[:, 1:] = ends[:, :-1] // chip[:, None]
        crossings = np.maximum(0, chips - before)
        crossings[:, -1] = 1
        out[:, Count.MEMORY_BITS_READ] = fetched * bits
        out[:, Count.MEMORY_BITS_WRITTEN] = self.outputs.sum() * bits
        out[:, Count.BUS_BITS] = (fetched + partial) * bits
        out[:, Count.NETWORK_BIT_HOPS] = crossing * bits * structures["network_on_chip_hops"]
        out[:, Count.OFF_CHIP_BITS] = ((crossings * self.outputs).sum(axis=1) + self.first) * bits
        out[:, SUM_CYCLES] = self.fixed[kind, Count.CYCLES]
        out[:, SUM_SLOWEST] = self.slowest[kind]
        out[:, SUM_ACTIVATIONS] = self.fixed[kind, Count.OU_ACTIVATIONS]
        out[:, SUM_CONVERSIONS] = self.fixed[kind, Count.ADC_CONVERSIONS]
        out[:, SUM_CONTROL] = self.control[kind]
        out[:, SUM_STORED] = self.fixed[kind, Count.INDEX_BITS_STORED]
        need = ends[:, -1]
        out[:, SUM_CROSSBARS] = need
        out[:, SUM_TILES] = tiles_used = -(-need // tile)
        out[:, SUM_CHIPS] = -(-tiles_used // structures["hierarchy_tiles_per_chip"])
