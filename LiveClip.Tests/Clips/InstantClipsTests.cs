using LiveClip.Core.Clips;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Clips;

public sealed class InstantClipsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 2)]
    public async Task One_clip_is_made_of_each_range_where_the_options_say_so(bool save, int clips)
    {
        await using var core = await CoreServices.StartAsync(
            _folder, settings: new() { ["LiveClip:Clips:SaveInstantClips"] = $"{save}" }, started: typeof(RecorderHost));
        var stream = await core.CreateStreamAsync();
        var recording = await core.RecordAsync(stream, await (TestMedia.Default with { Seconds = 8 }).FlvAsync());
        var timeline = (await core.Get<RecordingTimelines>().FindAsync(recording.Id, CoreServices.Token))!;
        var instant = core.Get<InstantClips>();

        foreach (var (start, end) in ((double, double)[])[(1, 3), (1, 4), (1, 3), (1, 99), (1, 8)])
        {
            await instant.SaveAsync(instant.Find(stream, timeline, start, Math.Min(end, 4), ""), timeline, CoreServices.Token);
        }

        await using var context = core.Read();
        var made = await context.Clips.OrderBy(clip => clip.End).ToListAsync(CoreServices.Token);
        Assert.Equal(clips, made.Count);
        Assert.All(made, clip => Assert.Equal((recording.Id, 90_000, "playlist"), (clip.RecordingId, clip.Start, clip.CreatedBy)));
        Assert.Equal(made.Select((_, i) => (3 + i) * 90_000L), made.Select(clip => clip.End));
    }
}
