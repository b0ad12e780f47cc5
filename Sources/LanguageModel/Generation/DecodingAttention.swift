internal import CKernels

/// Attention of a decoding step: one new position of every sample.
///
/// A task is one key-value head of a few samples of one prompt, which multiply its keys and values
/// together; the pages of its own each sample multiplies alone. A sample's sums do not depend on
/// what it is grouped with.
struct DecodingAttention {
    typealias Floats = UnsafeMutablePointer<Float>

    /// The most samples of a task.
    private static let groupSize = 4

    private struct Sample {
        let position: Int
        let prompt: KeyValueView
        /// Those of the step's pages that are the sample's; the last has the new position.
        let pages: Range<Int>

        /// How much of a row of scores is seen: the prompt's part is padded.
        var visibleWidth: Int { prompt.capacity + position - prompt.count + 1 }
    }

    private let context: ComputeContext
    private let samples: [Sample]
    private let pages: [KeyValueView]
    private let groups: [Range<Int>]

    private var model: ModelConfiguration { context.model.configuration }
    private var shared: Int { model.headsPerKeyValueHead }

    init(_ context: ComputeContext, _ streams: ArraySlice<SampleStream>) {
        var samples: [Sample] = []
        var pages: [KeyValueView] = []
        var groups: [Range<Int>] = []
        for stream in streams {
            let first = pages.count
            pages += stream.pages.map(\.view)
            let row = samples.count
            samples.append(
                Sample(
                    position: stream.position, prompt: stream.prompt.view,
                    pages: first..<pages.count))
            if let last = groups.last, last.count < Self.groupSize,
                samples[last.lowerBound].prompt.base == stream.prompt.view.base
            {
                groups[groups.count - 1] = last.lowerBound..<row + 1
            } else {
                groups.append(row..<row + 1)
            }
        }
        self.context = context
        self.samples = samples
        self.pages = pages
        self.groups = groups
        context.rotary.extend(to: (samples.map(\.position).max() ?? 0) + 1)
    }

    /// The scratch that a worker needs, in values.
    var scratchSize: Int {
        Self.groupSize * shared * FloatArena.size(samples.map(\.visibleWidth).max() ?? 0)
    }

    /// Rotates queries and keys, stores the new keys and values, and attends.
    ///
    /// - Parameters:
    ///   - queries: `[M, width]`, as `output`, which is overwritten.
    ///   - keys: `[M, keyValueHeads · headSize]`, as `values`.
    func run(
        _ layer: Int, queries: Floats, keys: Floats, values: Floats, into output: Floats
    ) {
        let heads = model.keyValueHeadCount
        context.pool.run(groups.count * heads) { task, worker in
            let group = groups[task / heads]
            let column = task % heads * model.headSize
            for row in group {
                let key = keys + row * model.keyValueWidth + column
                let value = values + row * model.keyValueWidth + column
                let query = queries + row * model.width + column * shared
                rotate(samples[row].position, query, key)
                let page = pages[samples[row].pages.upperBound - 1]
                store(layer, key, value, column: column, in: page)
            }
            let place = group.lowerBound * model.width + column * shared
            attend(
                layer, group, queries + place, column: column, into: output + place,
                scores: context.buffers.scratch(worker))
        }
    }

    private func rotate(_ position: Int, _ query: Floats, _ key: Floats) {
        let rotary = context.rotary
        rotary.withAngles(at: position) { cosines, sines in
            context.kernels.rope_interleaved(
                query, shared, model.headSize, cosines, sines, rotary.pairs, 1)
            context.kernels.rope_interleaved(
                key, 1, model.headSize, cosines, sines, rotary.pairs, 1)
        }
    }

    private func store(
        _ layer: Int, _ key: Floats, _ value: Floats, column: Int, in page: KeyValueView
    ) {
        let columns = page.keys(layer)
        let target = columns.base + column * columns.stride + page.count
        for element in 0..<model.headSize { target[element * columns.stride] = key[element] }
        (page.values(layer, column: column) + page.count * model.headSize)
            .update(from: value, count: model.headSize)
    }

    /// - Parameters:
    ///   - queries: of the group's first sample and the key-value head's first query head.
    ///   - scores: room for `[shared, group, width]`.
    private func attend(
        _ layer: Int, _ group: Range<Int>, _ queries: Floats, column: Int, into output: Floats,
        scores: Floats
    ) {
        let kernels = context.kernels
        let size = model.headSize
        let width = FloatArena.size(group.reduce(0) { max($0, samples[$1].visibleWidth) })
        let headWidth = group.count * width
        scores.update(repeating: 0, count: shared * headWidth)
        let prompt = samples[group.lowerBound].prompt
        let keys = prompt.keys(layer)
        for head in 0..<shared {
            kernels.add_product(
                group.count, prompt.capacity, size, 1, queries + head * size, model.width, 1,
                keys.base + column * keys.stride, keys.stride, scores + head * headWidth, width)
        }
        for row in 0..<group.count {
            forEachPage(of: group.lowerBound + row) { page, count, place in
                let keys = page.keys(layer)
                kernels.add_product(
                    shared, FloatArena.size(count), size, 1, queries + row * model.width, size, 1,
                    keys.base + column * keys.stride, keys.stride, scores + row * width + place,
                    headWidth)
            }
            for head in 0..<shared {
                let values = scores + head * headWidth + row * width
                (values + prompt.count).update(
                    repeating: -.infinity, count: prompt.capacity - prompt.count)
                _ = kernels.softmax(
                    values, samples[group.lowerBound + row].visibleWidth,
                    1 / Float(size).squareRoot())
            }
            (output + row * model.width).update(repeating: 0, count: shared * size)
        }
        for head in 0..<shared {
            kernels.add_product(
                group.count, size, prompt.count, 1, scores + head * headWidth, width, 1,
                prompt.values(layer, column: column), size, output + head * size, model.width)
        }
        for row in 0..<group.count {
            forEachPage(of: group.lowerBound + row) { page, count, place in
                kernels.add_product(
                    shared, size, count, 1, scores + row * width + place, headWidth, 1,
                    page.values(layer, column: column), size, output + row * model.width, size)
            }
        }
    }

    /// Calls `body` with each page of a sample's own, the count of its positions, the new one
    /// included, and their first place in a row of scores.
    private func forEachPage(
        of row: Int, _ body: (_ page: KeyValueView, _ count: Int, _ place: Int) -> Void
    ) {
        let sample = samples[row]
        var place = sample.prompt.capacity
        for number in sample.pages {
            let page = pages[number]
            body(page, page.count + (number == sample.pages.upperBound - 1 ? 1 : 0), place)
            place += page.capacity
        }
    }
}
