using LiveClip.Core.Catalog;
using LiveClip.Core.Mp4;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Live;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Recordings;

public sealed class RecordingIndexTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_alone_give_the_rows_that_the_catalog_has_field_by_field()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        var plain = TestMedia.Default with { Seconds = 7, Width = 320, Height = 180 };
        await core.RecordAsync(
            stream,
            await plain.FlvAsync(),
            await (plain with { X264Params = "open-gop=1", Gop = 45 }).FlvAsync(),
            await (plain with { Audio = false, BFrames = 0, FrameRate = (30000, 1001), Width = 480, Height = 270 }).FlvAsync());
        await using var context = core.Read();
        var recording = await context.Recordings.AsNoTracking().Include(recording => recording.Runs.OrderBy(run => run.Number))
            .SingleAsync(CoreServices.Token);
        var rows = await core.SegmentsAsync(recording.Id);

        var store = core.Get<SegmentStore>();
        var runs = store.ListRuns(recording.Id).Select(number => RecordingIndex.ReadRun(store.ReadInit(recording.Id, number)!)).ToList();
        Assert.Equal(3, runs.Count);
        Assert.Equal(recording.Runs.Select(Describe), runs.Select(Describe));

        var files = store.List(recording.Id);
        Assert.Equal(
            rows.Select(Describe),
            runs.SelectMany(run => RecordingIndex.SegmentsOf(
                run, [.. files.Where(file => file.Run == run.Number).Select(file => Read(store, run, file.Number))])).Select(Describe));

        var found = RecordingIndex.ReadRecording(runs[2])!;
        Assert.Equal(
            (recording.Id, recording.StreamId, recording.StartedAt, recording.FirstSegmentNumber, recording.FirstDiscontinuity),
            (found.Id, found.StreamId, found.StartedAt, found.FirstSegmentNumber, found.FirstDiscontinuity));
        Assert.Equal(recording.TargetDuration, Read(store, runs[0], files[^1].Number > 0 ? files[1].Number : 0).TargetDuration);
    }

    [Fact]
    public void A_file_cut_off_at_any_byte_keeps_every_whole_fragment_before_it()
    {
        var (run, file) = Packaged();
        var ends = Ends(file);
        Assert.True(ends.Count > 5, $"{ends.Count} fragments");
        for (var length = 0; length <= file.Length; length++)
        {
            var found = Read(run, file[..length]);
            Assert.Equal(ends.LastOrDefault(end => end <= length), found.ValidLength);
            Assert.Equal(found.ValidLength < length, found.IsTorn);
        }
    }

    [Fact]
    public void A_flipped_bit_costs_no_fragment_before_it()
    {
        var (run, file) = Packaged();
        var ends = Ends(file);
        var random = new Random(7);
        for (var place = 0; place < file.Length; place++)
        {
            var bit = (byte)(1 << random.Next(8));
            file[place] ^= bit;
            var found = Read(run, file);
            file[place] ^= bit;
            Assert.True(found.ValidLength >= ends.LastOrDefault(end => end <= place), $"byte {place}");
        }
    }

    [Fact]
    public void What_names_another_place_does_not_belong()
    {
        var (run, file) = Packaged();
        var fragments = SegmentIndex.Scan(file).Fragments;
        Assert.Empty(Read(run, file, number: 1).Fragments);
        Assert.Empty(Read(Copy(run, Guid.NewGuid(), run.Number), file).Fragments);
        Assert.Empty(Read(Copy(run, run.RecordingId, 1), file).Fragments);
        Assert.Empty(Read(run, file[(int)fragments[1].Offset..]).Fragments);

        byte[] repeated = [.. file[..(int)fragments[1].Offset], .. file];
        Assert.Equal(fragments[1].Offset, Read(run, repeated).ValidLength);
    }

    private static (Run Run, byte[] File) Packaged()
    {
        var encoder = new SyntheticEncoder { BFrames = 2, Pictures = SyntheticEncoder.Reordering };
        var packaged = PackagedRecording.Of(encoder.Encode(seconds: 4));
        return (packaged.Runs[0], packaged.Window.Find(0)!.ToMemory().ToArray());
    }

    private static List<long> Ends(byte[] file) =>
        [.. SegmentIndex.Scan(file).Fragments.Select(fragment => fragment.Offset + fragment.Length)];

    private static SegmentFile Read(Run run, byte[] file, long number = 0) =>
        RecordingIndex.ReadSegment(run, number, SegmentIndex.Scan(file), file.Length);

    private static SegmentFile Read(SegmentStore store, Run run, long number)
    {
        using var bytes = store.Open(run.RecordingId, run.Number, number)!;
        return RecordingIndex.ReadSegment(run, number, bytes.Index, bytes.Length);
    }

    private static Run Copy(Run run, Guid recordingId, int number) => new()
    {
        RecordingId = recordingId,
        Number = number,
        TimelineStart = run.TimelineStart,
        WallClock = run.WallClock,
        Init = run.Init,
        Codecs = run.Codecs,
    };

    private static (Guid, int, long, DateTimeOffset, string, int, int, string) Describe(Run run) => (
        run.RecordingId, run.Number, run.TimelineStart, run.WallClock, Convert.ToHexString(run.Init), run.Width, run.Height, run.Codecs);

    private static (Guid, long, int, long, long, long, bool) Describe(RecordedSegment segment) => (
        segment.RecordingId, segment.Number, segment.Run, segment.Start, segment.Duration, segment.Length, segment.StartsWithSync);
}
