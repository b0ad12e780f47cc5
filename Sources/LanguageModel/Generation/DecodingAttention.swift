internal import CKernels

/// Attention of a decoding step: one new position of every sample.
///
/// A task is one key-value head of a few samples of one prompt, which multiply its keys and values
/// together; the pages of its own each sample multiplies alone. A sample's sums do not depend on
/// what it is grouped with.
///
/// What the tasks read is plain memory: arrays would count references from two threads at once,
/// which took a twentieth of a step.
final class DecodingAttention {
    typealias Floats = UnsafeMutablePointer<Float>

    /// The most samples of a task.
    private static let groupSize = 4

    private struct Sample {
        let position: Int
        /// Of the rotation at its position.
        let cosines: Floats
        let sines: Floats
        let prompt: KeyValueView
        /// Those of the step's pages that are the sample's; the last has the new position.
        let pages: Range<Int>

        /// How much of a row of scores is seen: the prompt's part is padded.
        var visibleWidth: Int { prompt.capacity + position - prompt.count + 1 }
    }

    private let context: ComputeContext
    private let model: ModelConfiguration
    private let kernels: attune_kernels
    /// Of components that the rotation turns.
    private let pairs: Int
    private let samples: UnsafeMutableBufferPointer<Sample>
    private let pages: UnsafeMutableBufferPointer<KeyValueView>
    private let groups: UnsafeMutableBufferPointer<Range<Int>>
    /// `[M, 2, pairs]`
    private let angles: Floats

    private var shared: Int { model.headsPerKeyValueHead }

    init(_ context: ComputeContext, _ streams: ArraySlice<SampleStream>) {
        self.context = context
        model = context.model.configuration
        kernels = context.kernels
        context.rotary.extend(to: (streams.map(\.position).max() ?? 0) + 1)
        let pairs = context.rotary.pairs
        let angles = Floats.allocate(capacity: streams.count * 2 * pairs)
        var samples: [Sample] = []
        var pages: [KeyValueView] = []
        var groups: [Range<Int>] = []
        for stream in streams {
            let first = pages.count
            pages += stream.pages.map(\.view)
            let row = samples.count
            let cosines = angles + row * 2 * pairs
            let sines = cosines + pairs
            context.rotary.withAngles(at: stream.position) {
                cosines.update(from: $0, count: pairs)
                sines.update(from: $1, count: pairs)
            }
            samples.append(
                Sample(
                    position: stream.position, cosines: cosines, sines: sines,
                    prompt: stream.prompt.view, pages: first..<pages.count))
            if let last = groups.last, last.count < Self.groupSize,
                samples[last.lowerBound].prompt.base == stream.prompt.view.base
            {
                groups[groups.count - 1] = last.lowerBound..<row + 1
            } else {
                groups.append(row..<row + 1)
            }
        }
        self.pairs = pairs
        self.angles = angles
        self.samples = .copy(of: samples)
        self.pages = .copy(of: pages)
        self.groups = .copy(of: groups)
    }

    deinit {
        samples.deallocate()
        pages.deallocate()
        groups.deallocate()
        angles.deallocate()
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
                rotate(samples[row], query, key)
                let page = pages[samples[row].pages.upperBound - 1]
                page.put(
                    kernels, layer, column: column, key: key, value: value,
                    headSize: model.headSize)
            }
            let place = group.lowerBound * model.width + column * shared
            attend(
                layer, group, queries + place, column: column, into: output + place,
                scores: context.buffers.scratch(worker))
        }
    }

    private func rotate(_ sample: Sample, _ query: Floats, _ key: Floats) {
        kernels.rope_interleaved(
            query, shared, model.headSize, sample.cosines, sample.sines, pairs, 1)
        kernels.rope_interleaved(key, 1, model.headSize, sample.cosines, sample.sines, pairs, 1)
    }

    /// - Parameters:
    ///   - queries: of the group's first sample and the key-value head's first query head.
    ///   - scores: room for `[shared, group, width]`.
    private func attend(
        _ layer: Int, _ group: Range<Int>, _ queries: Floats, column: Int, into output: Floats,
        scores: Floats
    ) {
        let size = model.headSize
        let width = FloatArena.size(group.reduce(0) { max($0, samples[$1].visibleWidth) })
        let headWidth = group.count * width
        scores.update(repeating: 0, count: shared * headWidth)
        let prompt = samples[group.lowerBound].prompt
        for head in 0..<shared {
            prompt.addProduct(
                kernels, rows: group.count, columns: prompt.capacity, inner: size,
                queries + head * size, lda: model.width, prompt.keys(layer, column: column),
                stride: prompt.capacity, to: scores + head * headWidth, ldy: width)
        }
        for row in 0..<group.count {
            forEachPage(of: group.lowerBound + row) { page, count, place in
                page.addProduct(
                    kernels, rows: shared, columns: FloatArena.size(count), inner: size,
                    queries + row * model.width, lda: size, page.keys(layer, column: column),
                    stride: page.capacity, to: scores + row * width + place, ldy: headWidth)
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
            prompt.addProduct(
                kernels, rows: group.count, columns: size, inner: prompt.count,
                scores + head * headWidth, lda: width, prompt.values(layer, column: column),
                stride: size, to: output + head * size, ldy: model.width)
        }
        for row in 0..<group.count {
            forEachPage(of: group.lowerBound + row) { page, count, place in
                page.addProduct(
                    kernels, rows: shared, columns: size, inner: count,
                    scores + row * width + place, lda: headWidth,
                    page.values(layer, column: column), stride: size,
                    to: output + row * model.width, ldy: size)
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

extension UnsafeMutableBufferPointer {
    fileprivate static func copy(of elements: [Element]) -> Self {
        let copy = allocate(capacity: elements.count)
        _ = copy.initialize(from: elements)
        return copy
    }
}
