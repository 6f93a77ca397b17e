using System.Buffers;
using LiveClip.Core.Rtmp;
using Xunit;

namespace LiveClip.Tests.Rtmp;

/// <summary>
/// Hands bytes to a <see cref="ChunkReader"/> in pieces as a pipe would: what it left unread comes again, in a segment of its own, which
/// may be empty.
/// </summary>
internal sealed class ChunkFeed(RtmpLimits? limits = null)
{
    private byte[] _unread = [];

    public ChunkReader Reader { get; } = new(limits ?? RtmpLimits.Default) { AcceptsMedia = true };

    public List<RtmpMessage> Messages { get; } = [];

    public static List<RtmpMessage> ReadAll(params byte[] bytes)
    {
        var feed = new ChunkFeed();
        feed.Add(bytes);
        Assert.Empty(feed._unread);
        return feed.Messages;
    }

    public void Add(ReadOnlyMemory<byte> piece)
    {
        var buffer = Sequence(_unread, piece);
        while (Reader.TryRead(ref buffer, out var message))
        {
            Messages.Add(message);
        }

        _unread = buffer.ToArray();
    }

    public static ReadOnlySequence<byte> Sequence(params ReadOnlyMemory<byte>[] segments)
    {
        var first = new Segment(segments[0], 0);
        var last = first;
        foreach (var memory in segments.Skip(1))
        {
            last = last.Append(memory);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index)
        {
            Memory = memory;
            RunningIndex = index;
        }

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
