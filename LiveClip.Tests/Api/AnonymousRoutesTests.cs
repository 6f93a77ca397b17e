using LiveClip.Core.Access;
using LiveClip.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace LiveClip.Tests.Api;

/// <summary>Who may reach what, of every endpoint that the program has: a new door is closed until somebody opens it here.</summary>
public sealed class AnonymousRoutesTests(LiveClipApp app) : IClassFixture<LiveClipApp>
{
    private static readonly string[] Open =
    [
        "/c/{Slug}",
        "/c/{slug}/clip.mp4",
        "/c/{slug}/media/{run:int}/init.mp4",
        "/c/{slug}/media/{run:int}/{number:long}.m4s",
        "/c/{slug}/playlist.m3u8",
        "/c/{slug}/poster.jpg",
        "/c/{slug}/v{version:int}/clip.mp4",
        "/embed/{Slug}",
        "/error",
        "/error/{Code:int}",
        "/healthz/live",
        "/healthz/ready",
        "/login",
        "/logout",
        "/setup",
        "/{**path}", // 404
        "/{playbackId:guid}.m3u8",
        "/{playbackId:guid}/thumbnail.jpg",
        "/{playbackId:guid}/{recordingId:guid}/filmstrip/{row:int:min(0)}.jpg",
        "/{playbackId:guid}/{recordingId:guid}/waveform/{row:int:min(0)}.dat",
        "/{playbackId:guid}/{recordingId:guid}/{run:int}/init.mp4",
        "/{playbackId:guid}/index.m3u8",
        "/{playbackId:guid}/{recordingId:guid}/{run:int}/{number:long}.m4s",
        "/{playbackId:guid}/{recordingId:guid}/{run:int}/p{part:int}.m4s",
    ];

    private static readonly string[] Named =
    [
        Policies.Watch, Policies.Clip, Policies.Review, Policies.ManageStreams, Policies.Admin, Policies.Api,
    ];

    [Fact]
    public void Nothing_but_these_routes_is_open_to_anyone() => Assert.Equal(
        Open.Order(StringComparer.Ordinal), Routes().Where(IsOpen).Select(PathOf).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_other_route_names_who_may_use_it()
    {
        var closed = Routes().Where(route => !IsOpen(route)).ToList();

        Assert.Contains(closed, route => PathOf(route) == "/v1/live/streams");
        Assert.All(closed, route =>
        {
            var policies = route.Metadata.GetOrderedMetadata<IAuthorizeData>();
            Assert.True(
                policies.Count > 0 && policies.All(policy => Named.Contains(policy.Policy)),
                $"{PathOf(route)} has the policies [{string.Join(", ", policies.Select(policy => policy.Policy ?? "?"))}]");
        });
    }

    [Theory]
    [InlineData("/v1/")]
    [InlineData("/live/")]
    [InlineData("/on-demand/")]
    [InlineData("/iam/")]
    public void The_API_takes_tokens_only(string root) => Assert.All(
        Routes().Where(route => PathOf(route).StartsWith(root, StringComparison.Ordinal)),
        route => Assert.Equal([Policies.Api], route.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(policy => policy.Policy)));

    /// <summary>
    /// All but the files of wwwroot, which are public, and the way to those that changed since the build; that one is only there before the
    /// program is published, names nobody and so is denied to all.
    /// </summary>
    private IEnumerable<RouteEndpoint> Routes() => app.Services.GetServices<EndpointDataSource>()
        .SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        .Where(route => route.Metadata.GetMetadata<StaticAssetDescriptor>() is null && PathOf(route) != "/{**path:file}");

    private static bool IsOpen(RouteEndpoint route) => route.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    private static string PathOf(RouteEndpoint route) => "/" + route.RoutePattern.RawText!.Trim('/');
}
