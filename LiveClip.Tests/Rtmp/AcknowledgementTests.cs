using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using LiveClip.Core.Rtmp;
using Xunit;

namespace LiveClip.Tests.Rtmp;

public class AcknowledgementTests
{
    [Fact(Timeout = 120_000)]
    public async Task Acknowledgements_count_on_past_2_and_4_GiB()
    {
        const long Total = 4_400_000_000;
        var output = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var input = new RepeatingReader(Total);
        using var pipe = new RtmpMessagePipe(new Transport(input, output.Writer), RtmpLimits.Default, TimeProvider.System);
        pipe.AcceptMedia();

        var messages = 0;
        while (await pipe.ReadAsync(TestContext.Current.CancellationToken) is not null)
        {
            messages++;
        }

        await output.Writer.CompleteAsync();
        var heard = await ReadAsync(output.Reader);
        Assert.Equal(input.Messages, messages);
        Assert.True(pipe.BytesRead > Total);
        // In 32 bits each says how many bytes came since the one before: a window, and what one read brings.
        Assert.All(heard.Zip(heard.Skip(1)), pair => Assert.InRange(unchecked(pair.Second - pair.First), 2_500_000u, 5_000_000u));
        Assert.Contains(heard, count => count > int.MaxValue);
        Assert.Single(heard.Zip(heard.Skip(1)), pair => pair.Second < pair.First); // at 4 GiB
    }

    private static async Task<List<uint>> ReadAsync(PipeReader reader)
    {
        var heard = new List<uint>();
        var chunks = new ChunkReader(RtmpLimits.Default);
        var buffer = (await reader.ReadAtLeastAsync(int.MaxValue, TestContext.Current.CancellationToken)).Buffer;
        while (chunks.TryRead(ref buffer, out var message))
        {
            Assert.Equal(RtmpMessageType.Acknowledgement, message.Type);
            heard.Add(BinaryPrimitives.ReadUInt32BigEndian(message.Payload.Span));
        }

        return heard;
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>The same megabyte of messages over and over: none of it is copied on the way.</summary>
    private sealed class RepeatingReader(long total) : PipeReader
    {
        private const int MessagesAtOnce = 16;

        // type 0 header:  fmt and id(8) | timestamp(24) | length(24) | type(8) | message stream id(32)
        private static readonly byte[] Message = [6, 0, 0, 0, 0, 0xFF, 0xFF, 9, 1, 0, 0, 0, .. new byte[0xFFFF]];
        private static readonly byte[] ChunkSize = [2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 1, 0, 0];
        private static readonly byte[] Batch = [.. Enumerable.Repeat(Message, MessagesAtOnce).SelectMany(message => message)];
        private ReadOnlySequence<byte> _given;
        private long _sent;

        public int Messages { get; private set; }

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            _given = new ReadOnlySequence<byte>(_sent == 0 ? ChunkSize : Batch);
            Messages += _sent == 0 ? 0 : MessagesAtOnce;
            _sent += _given.Length;
            return ValueTask.FromResult(new ReadResult(_given, isCanceled: false, isCompleted: _sent >= total));
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) =>
            Assert.Equal(_given.Length, _given.GetOffset(consumed));

        public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

        public override void CancelPendingRead()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }
    }
}
