using System.Diagnostics;
using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Xunit;

namespace LiveClip.Tests.Catalog;

public sealed class CatalogWriterTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Whatever_waits_is_written_in_one_transaction()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        var (held, release) = Hold(core);
        var writes = Enumerable.Range(0, 30).Select(_ => AddAsync(core, NewClip())).ToList();
        using var commits = new CommitCount(_folder.FullPath);
        release.SetResult();
        await held;
        await Task.WhenAll(writes);

        // What was held, and all the others.
        Assert.Equal(2, commits.Count);
        await using var context = core.Read();
        Assert.Equal(30, await context.Clips.CountAsync(CoreServices.Token));
    }

    [Fact]
    public async Task One_that_fails_costs_the_others_nothing_and_leaves_nothing_behind()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        var (held, release) = Hold(core);
        var twice = NewClip();
        var before = AddAsync(core, twice);
        var again = AddAsync(core, twice);
        var half = core.Catalog.WriteAsync(
            async context =>
            {
                await context.Clips.ExecuteDeleteAsync(CoreServices.Token);
                throw new InvalidOperationException("halfway");
            },
            CoreServices.Token);
        var after = AddAsync(core, NewClip());
        release.SetResult();
        await Task.WhenAll(held, before, after);

        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => again);
        Assert.True(CatalogWriter.IsRefusal(refused));
        Assert.Equal("halfway", (await Assert.ThrowsAsync<InvalidOperationException>(() => half)).Message);
        await using var context = core.Read();
        Assert.Equal(2, await context.Clips.CountAsync(CoreServices.Token));
    }

    [Fact]
    public async Task One_that_is_cancelled_while_it_waits_is_not_written()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        var (held, release) = Hold(core);
        using var cancellation = new CancellationTokenSource();
        var cancelled = core.Catalog.WriteAsync(context => context.AddAsync(NewClip()).AsTask(), cancellation.Token);
        var kept = AddAsync(core, NewClip());
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        release.SetResult();
        await Task.WhenAll(held, kept);
        await using var context = core.Read();
        Assert.Equal(1, await context.Clips.CountAsync(CoreServices.Token));
    }

    [Fact]
    public async Task Forty_recorders_and_fifty_clips_at_once_meet_no_error()
    {
        await using var core = await CoreServices.StartAsync(_folder, started: typeof(RecorderHost));
        var media = TestMedia.Default with { Seconds = 4, Width = 160, Height = 96 };
        var flv = await media.FlvAsync();
        var recorded = await core.CreateStreamAsync();
        var recording = await core.RecordAsync(recorded, flv);
        var streams = new List<LiveStream>();
        for (var i = 0; i < 40; i++)
        {
            streams.Add(await core.CreateStreamAsync());
        }

        var queue = core.Get<ClipQueue>();
        var publishing = streams.Select(stream => Task.Run(() => core.RecordAsync(stream, flv))).ToList();
        var clips = Enumerable.Range(0, 50).Select(i => Task.Run(() => queue.CreateAsync(
            new ClipRequest(recorded.Id, new TimelineRange(0, 1), "test", recording.Id),
            CoreServices.Token))).ToList();

        Assert.All(await Task.WhenAll(clips), answer => Assert.NotNull(answer.Clip));
        foreach (var (stream, over) in streams.Zip(await Task.WhenAll(publishing)))
        {
            Assert.Equal((stream.Id, 2), (over.StreamId, (await core.SegmentsAsync(over.Id)).Count));
        }
    }

    /// <summary>Holds the gate, so that what comes next waits together.</summary>
    private static (Task Held, TaskCompletionSource Release) Hold(CoreServices core)
    {
        var release = new TaskCompletionSource();
        return (core.Catalog.WriteAsync(_ => release.Task, CoreServices.Token), release);
    }

    private static Task AddAsync(CoreServices core, Clip clip) =>
        core.Catalog.WriteAsync(context => (Task)context.AddAsync(clip).AsTask(), CoreServices.Token);

    private static Clip NewClip() => new()
    {
        Id = Guid.NewGuid(),
        StreamId = "s",
        RecordingId = Guid.NewGuid(),
        Slug = Clip.NewSlug(),
        RequestedStart = 0,
        RequestedEnd = 1,
        Start = 0,
        End = 1,
        Trimmed = false,
        TrimmableUntil = DateTimeOffset.UnixEpoch,
        CreatedBy = "test",
        CreatedAt = DateTimeOffset.UtcNow,
    };

    /// <summary>Counts the commits to the database of one folder.</summary>
    private sealed class CommitCount : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private readonly string _folder;
        private readonly List<IDisposable> _subscriptions = [];
        private int _count;

        public CommitCount(string folder)
        {
            _folder = folder;
            _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
        }

        public int Count => Volatile.Read(ref _count);

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == DbLoggerCategory.Name)
            {
                _subscriptions.Add(value.Subscribe(this));
            }
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Key == RelationalEventId.TransactionCommitted.Name && value.Value is TransactionEndEventData { Context: { } context }
                && context.Database.GetConnectionString()!.Contains(_folder, StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _count);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void Dispose() => _subscriptions.ForEach(subscription => subscription.Dispose());
    }
}
