using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using LiveClip.Core.Recordings;

namespace LiveClip.Benchmarks;

/// <summary>What a playlist over so many hours of a recording on air costs: the whole of it for who comes, a delta update for who stays.</summary>
internal sealed class DvrTimes
{
    private const long Segment = 2 * 90_000;
    private const long Part = 9 * 3_000;
    private const int PartsOfSegment = 7;
    private const int Rounds = 100;

    private readonly List<RecordedSegment> _segments = [];
    private readonly Recording _recording = new()
    {
        Id = Guid.NewGuid(),
        StreamId = "",
        StartedAt = DateTimeOffset.UnixEpoch,
        FirstSegmentNumber = 0,
        FirstDiscontinuity = 0,
        TargetDuration = 2,
    };

    private readonly Run _run;

    public DvrTimes(int hours)
    {
        _run = new Run { RecordingId = _recording.Id, Number = 0, TimelineStart = 0, WallClock = DateTimeOffset.UnixEpoch, Init = [], Codecs = "avc1.64001f" };
        while (_segments.Count < hours * 1800)
        {
            Add();
        }
    }

    /// <summary>A segment more each round, as it is on air.</summary>
    public void Measure()
    {
        foreach (var (name, form) in (ReadOnlySpan<(string, PlaylistForm)>)[("the whole of it", 0), ("delta update", PlaylistForm.Delta)])
        {
            var older = new OlderSegments();
            var (text, packing) = (new List<double>(), new List<double>());
            var (plain, packed) = (0L, 0L);
            for (var i = 0; i < Rounds; i++)
            {
                Add();
                var now = Now();
                var started = Stopwatch.GetTimestamp();
                var playlist = RecordingPlaylist.Of(now, $"{_recording.Id}/", PlaylistForm.Whole | PlaylistForm.Parts | form, older);
                var bytes = Encoding.UTF8.GetBytes(playlist.ToString());
                text.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                started = Stopwatch.GetTimestamp();
                using var output = new MemoryStream();
                using (var packer = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
                {
                    packer.Write(bytes);
                }

                packing.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                (plain, packed) = (bytes.Length, output.Length);
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {text[0]:F1} | {Figures(text)} | {Figures(packing)} | {plain / 1024.0:F1} | {packed / 1024.0:F1} |"));
        }
    }

    private static string Figures(List<double> times)
    {
        var sorted = times.Skip(Rounds / 2).Order().ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Count / 2]:F2} / {sorted[^1]:F2}");
    }

    private void Add() => _segments.Add(new RecordedSegment
    {
        RecordingId = _recording.Id,
        Number = _segments.Count,
        Run = 0,
        Start = _segments.Count * Segment,
        Duration = Segment,
        Length = 1,
        StartsWithSync = true,
    });

    private RecordingTimeline Now()
    {
        var inMemory = _segments.TakeLast(6).Select(InParts).ToList();
        var open = new LiveSegment(_segments.Count, 0, _segments.Count * Segment, inMemory[^1].Fragments, null);
        return new RecordingTimeline(_recording, [_run], [.. _segments], open, new HashSet<long>(), 2, open.End, OnAir: true)
        {
            InMemory = [.. inMemory, open],
            NextPart = new PartName(0, (_segments.Count + 1) * PartsOfSegment),
        };
    }

    private static LiveSegment InParts(RecordedSegment segment) => new(
        segment.Number,
        0,
        segment.Start,
        [
            .. Enumerable.Range(0, PartsOfSegment).Select(i => new FragmentFinished(
                0, segment.Number, i, (int)(segment.Number * PartsOfSegment) + i + 1, segment.Start + (i * Part), Part, i == 0, 0, default)),
        ],
        segment);
}
