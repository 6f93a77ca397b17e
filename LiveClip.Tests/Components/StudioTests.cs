using System.Net;
using Bunit;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Changes;
using LiveClip.Core.Ingest;
using LiveClip.Tests.Support;
using LiveClip.Web.Components.Pages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.JSInterop;
using Xunit;

namespace LiveClip.Tests.Components;

/// <summary>What the circuit draws of the studio; player, timeline and marks are the script's (EndToEnd/DashboardTests).</summary>
public class StudioTests : Dashboard
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_stream_that_is_not_there_leads_back_to_the_streams()
    {
        var page = Render(new string('0', 32));

        Assert.Equal("There is no such stream", page.Find("h1").TextContent);
        Assert.Equal("/", page.Find(".problem a").GetAttribute("href"));
        Assert.Empty(Mounts());
    }

    [Fact]
    public async Task Before_the_first_publish_it_says_where_to_send_and_where_the_key_is()
    {
        Services.GetRequiredService<RtmpAddress>().Set(new IPEndPoint(IPAddress.Loopback, 1936));
        var stream = await CreateStreamAsync("Stage");

        var page = Render(stream.Id);

        AssertState(page, "waiting", "WAITING FOR ENCODER");
        Assert.Equal("rtmp://localhost:1936/live", page.Find(".setup code").TextContent);
        Assert.Equal("rtmp://localhost:1936/live", page.Find(".setup [data-copy]").GetAttribute("data-copy"));
        Assert.Equal("/admin/streams", page.Find(".setup a").GetAttribute("href"));
        Assert.DoesNotContain(Register.RevealKey(stream)[..8], page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_see_keys_is_told_who_has_them()
    {
        MayOnlyWatch();

        var page = Render((await CreateStreamAsync("Stage")).Id);

        Assert.Contains("An admin of this server has the stream key.", page.Find(".setup").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".setup a"));
    }

    [Fact]
    public async Task On_air_it_shows_what_the_encoder_sends()
    {
        var stream = await CreateStreamAsync("Stage");
        await AddRecordingAsync(stream);
        Publish(stream);

        var page = Render(stream.Id);

        AssertState(page, "live", "LIVE");
        Assert.Equal("1920×1080 · 30 fps · 4.8 Mb/s · keyframe 1.0 s · no sound", page.Find(".head .facts").TextContent);
        Assert.Empty(page.FindAll(".setup"));
    }

    [Fact]
    public async Task A_publish_appears_by_itself()
    {
        var stream = await CreateStreamAsync("Stage");
        var page = Render(stream.Id);

        Publish(stream);
        await AddRecordingAsync(stream);
        Changes.Publish(new StreamChanged(stream.Id));

        page.WaitForElement("[data-stream-status=live]", Bound);
        page.WaitForState(() => page.FindAll(".setup").Count == 0, Bound);
    }

    [Fact]
    public async Task A_lost_encoder_counts_down_to_the_end_of_its_window()
    {
        var stream = await CreateStreamAsync("Stage");
        await AddRecordingAsync(stream);
        Publish(stream).Finish(endedByPublisher: false);

        var page = Render(stream.Id);

        Assert.Matches(@"^RECONNECTING (60|5\d) s$", page.Find("[data-stream-status=reconnecting]").TextContent);
        Assert.Equal("", page.Find(".head .facts").TextContent);
    }

    [Fact]
    public async Task A_broadcast_that_is_over_can_still_be_clipped()
    {
        var stream = await CreateStreamAsync("Stage");
        await AddRecordingAsync(stream);

        var page = Render(stream.Id);

        AssertState(page, "ended", "ENDED");
        Assert.Empty(page.FindAll(".setup"));
        Assert.NotEmpty(page.FindAll("[data-command=makeClip]"));
    }

    [Fact]
    public async Task A_stream_that_is_not_recorded_says_how_far_back_one_can_clip()
    {
        var stream = await Register.CreateAsync(
            new LiveStreamSettings { Name = "Stage", MaxClipSeconds = 30, EnableRecording = false }, Token);

        Assert.Equal("Not recorded: the last 10 minutes can be clipped", Render(stream.Id).Find(".unrecorded").TextContent);
        Assert.Empty(Render((await CreateStreamAsync("Pitch")).Id).FindAll(".unrecorded"));
    }

    [Theory]
    [InlineData(1200, new[] { "15 s", "30 s", "60 s" })]
    [InlineData(60, new[] { "15 s", "30 s", "60 s" })]
    [InlineData(30, new[] { "15 s", "30 s" })]
    [InlineData(29, new[] { "15 s" })]
    [InlineData(10, new[] { "10 s" })]
    public async Task No_button_is_longer_than_the_streams_cap(int cap, string[] buttons)
    {
        var stream = await Register.CreateAsync(new LiveStreamSettings { Name = "Stage", MaxClipSeconds = cap }, Token);

        var page = Render(stream.Id);

        Assert.Equal(buttons, page.FindAll("[data-seconds]").Select(button => button.TextContent));
        Assert.Equal(
            Enumerable.Range(1, buttons.Length).Select(key => $"quick{key}"),
            page.FindAll("[data-seconds]").Select(button => button.GetAttribute("data-command")));
    }

    [Fact]
    public async Task Who_may_only_watch_gets_no_clip_buttons_and_the_script_is_told_so()
    {
        MayOnlyWatch();

        var page = Render((await CreateStreamAsync("Stage")).Id);

        Assert.Empty(page.FindAll("[data-command=makeClip], [data-command=markIn], [data-command=markOut], [data-seconds]"));
        Assert.Contains("Your account may watch.", page.Markup, StringComparison.Ordinal);
        Assert.NotEmpty(page.FindAll("[data-command=playPause]"));
        Assert.False(CanClip(Mounts().Single()));
    }

    [Fact]
    public async Task The_script_is_started_once_and_not_again_by_news_of_the_stream()
    {
        var stream = await CreateStreamAsync("Stage");
        var page = Render(stream.Id);
        var drawn = page.RenderCount;

        Changes.Publish(new StreamChanged(stream.Id));
        page.WaitForState(() => page.RenderCount > drawn, Bound);

        Assert.True(CanClip(Mounts().Single()));
    }

    [Fact]
    public async Task Clips_stand_at_the_side_the_newest_first_and_those_of_other_streams_do_not()
    {
        var (stage, pitch) = (await CreateStreamAsync("Stage"), await CreateStreamAsync("Pitch"));
        AddClip(stage, "older", age: 2);
        AddClip(stage, "newest");
        AddClip(stage, "deleted", change: clip => clip.DeletedAt = DateTimeOffset.UtcNow);
        AddClip(pitch, "elsewhere");

        Assert.Equal(["newest", "older"], Titles(Render(stage.Id)));
    }

    [Fact]
    public async Task Without_clips_it_says_how_to_make_one()
    {
        var page = Render((await CreateStreamAsync("Stage")).Id);

        Assert.Contains("No clips yet. Press I on the first picture", page.Find(".side").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_clip_appears_and_turns_ready_by_itself()
    {
        var stream = await CreateStreamAsync("Stage");
        AddClip(stream, "older", age: 2);
        var page = Render(stream.Id);

        var clientId = Guid.NewGuid();
        var clip = AddClip(stream, "Goal", ClipStatus.Queued, age: 0, clientId: clientId);
        Changes.Publish(new ClipChanged(stream.Id, clip.Id));
        page.WaitForElement($"[data-client-id='{clientId}'] [data-status=queued]", Bound);
        Assert.Equal(["Goal", "older"], Titles(page));

        await WriteAsync(async context => (await context.Clips.FindAsync(clip.Id))!.Status = ClipStatus.Ready);
        Changes.Publish(new ClipChanged(stream.Id, clip.Id));
        page.WaitForElement($"[data-clip-id='{clip.Id}'][data-status=ready]", Bound);
        Assert.Equal(["Goal", "older"], Titles(page));
    }

    [Fact]
    public async Task A_deleted_clip_goes_by_itself()
    {
        var stream = await CreateStreamAsync("Stage");
        var clip = AddClip(stream, "Goal");
        var page = Render(stream.Id);

        await WriteAsync(async context => (await context.Clips.FindAsync(clip.Id))!.DeletedAt = DateTimeOffset.UtcNow);
        Changes.Publish(new ClipChanged(stream.Id, clip.Id));

        page.WaitForState(() => Titles(page).Count == 0, Bound);
    }

    [Fact]
    public async Task A_disposed_page_unsubscribes_and_ends_its_script()
    {
        Render((await CreateStreamAsync("Stage")).Id);
        Assert.Equal(2, Subscribers);

        await DisposeComponentsAsync();

        Assert.Equal(0, Subscribers);
        Assert.Contains(JSInterop.Invocations, invocation => invocation.Identifier == "dispose");
    }

    [Fact]
    public async Task A_page_that_is_left_while_its_script_loads_ends_the_script_as_well()
    {
        var import = JSInterop.SetupModule(invocation => invocation.Identifier == "import");
        var mounted = new TaskCompletionSource<IJSObjectReference>(TaskCreationOptions.RunContinuationsAsynchronously);
        import.AddInvocationHandler(new LateStudio(mounted.Task));
        Render((await CreateStreamAsync("Stage")).Id);

        await DisposeComponentsAsync();
        var studio = new StudioScript();
        mounted.SetResult(studio);

        await Eventually.TrueAsync(() => studio.IsDisposed, Bound);
    }

    private IRenderedComponent<Studio> Render(string streamId)
    {
        var page = Render<Studio>(parameters => parameters.Add(studio => studio.StreamId, streamId));
        page.WaitForElement("h1", Bound);
        return page;
    }

    private IEnumerable<JSRuntimeInvocation> Mounts() => JSInterop.Invocations["mount"];

    private static bool CanClip(JSRuntimeInvocation mount) =>
        (bool)mount.Arguments[1]!.GetType().GetProperty("canClip")!.GetValue(mount.Arguments[1])!;

    private static void AssertState(IRenderedComponent<Studio> page, string name, string words) =>
        Assert.Equal(words, page.Find($"[data-stream-status={name}]").TextContent);

    private static List<string> Titles(IRenderedComponent<Studio> page) =>
        [.. page.FindAll("[data-clip-id] .title h3").Select(title => title.TextContent)];

    private Task AddRecordingAsync(LiveStream stream) => WriteAsync(context =>
    {
        context.Recordings.Add(new Recording
        {
            Id = Guid.NewGuid(),
            StreamId = stream.Id,
            StartedAt = DateTimeOffset.UtcNow,
            FirstSegmentNumber = 0,
            FirstDiscontinuity = 0,
        });
        return Task.CompletedTask;
    });

    private Task WriteAsync(Func<CatalogDbContext, Task> write) => Services.GetRequiredService<CatalogWriter>().WriteAsync(write, Token);

    /// <summary>The script's <c>mount</c>, which takes its time.</summary>
    private sealed class LateStudio(Task<IJSObjectReference> mounted)
        : JSRuntimeInvocationHandlerBase<IJSObjectReference>(invocation => invocation.Identifier == "mount", isCatchAllHandler: false)
    {
        protected override Task<IJSObjectReference> HandleAsync(JSRuntimeInvocation invocation) => mounted;
    }

    private sealed class StudioScript : IJSObjectReference
    {
        private readonly List<string> _called = [];

        public bool IsDisposed { get; private set; }

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args) => InvokeAsync<TValue>(identifier, default, args);

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args)
        {
            _called.Add(identifier);
            return default;
        }

        public ValueTask DisposeAsync()
        {
            IsDisposed = _called.Contains("dispose");
            return default;
        }
    }
}
