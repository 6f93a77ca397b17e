using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Core.Ingest;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Access;

/// <summary>Stream keys, API tokens and the setup link: what opens, what does not, and that no secret is kept in clear.</summary>
public sealed class SecretsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_key_opens_its_stream_and_nothing_else_does()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        var (keys, register) = (core.Get<StreamKeys>(), core.Get<LiveStreamRegister>());
        var stream = await core.CreateStreamAsync();
        var other = await core.CreateStreamAsync();
        var key = register.RevealKey(stream);

        Assert.Equal(stream.Id, (await keys.FindAsync(key, CoreServices.Token))!.Id);
        Assert.Equal(key, await register.RevealKeyAsync(stream.Id, CoreServices.Token));
        foreach (var wrong in new[] { "", stream.Id, key + " ", key[..^1], key.ToUpperInvariant(), register.RevealSrtSecret(stream) })
        {
            Assert.Null(await keys.FindAsync(wrong, CoreServices.Token));
        }

        await register.RotateKeyAsync(stream.Id, CoreServices.Token);
        Assert.Null(await keys.FindAsync(key, CoreServices.Token));
        var rotated = await register.RevealKeyAsync(stream.Id, CoreServices.Token);
        Assert.Equal(stream.Id, (await keys.FindAsync(rotated!, CoreServices.Token))!.Id);
        Assert.Equal(other.Id, (await keys.FindAsync(register.RevealKey(other), CoreServices.Token))!.Id);
        Assert.Null(await register.RevealKeyAsync("none", CoreServices.Token));
    }

    [Fact]
    public async Task A_disabled_streams_key_opens_nothing()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        var stream = await core.CreateStreamAsync();
        await core.Catalog.WriteAsync(
            context => context.LiveStreams.ExecuteUpdateAsync(
                    stream => stream.SetProperty(s => s.Status, LiveStreamStatus.Disabled), CoreServices.Token),
            CoreServices.Token);
        Assert.Null(await core.Get<StreamKeys>().FindAsync(core.Get<LiveStreamRegister>().RevealKey(stream), CoreServices.Token));
    }

    [Fact]
    public async Task A_token_opens_with_its_own_secret_only()
    {
        await using var core = await CoreServices.StartAsync(_folder);
        var tokens = core.Get<ApiTokens>();
        var (id, secret) = await tokens.CreateAsync(CoreServices.Token);
        var (other, _) = await tokens.CreateAsync(CoreServices.Token);

        Assert.True(await tokens.VerifyAsync(id, secret, CoreServices.Token));
        Assert.False(await tokens.VerifyAsync(id, "", CoreServices.Token));
        Assert.False(await tokens.VerifyAsync(id, secret + "0", CoreServices.Token));
        Assert.False(await tokens.VerifyAsync(other, secret, CoreServices.Token));
        Assert.False(await tokens.VerifyAsync("none", "", CoreServices.Token));
        Assert.False(await tokens.VerifyAsync("none", secret, CoreServices.Token));
    }

    [Fact]
    public async Task No_secret_lies_in_the_database_in_clear()
    {
        string key, secret;
        await using (var core = await CoreServices.StartAsync(_folder))
        {
            key = core.Get<LiveStreamRegister>().RevealKey(await core.CreateStreamAsync());
            (_, secret) = await core.Get<ApiTokens>().CreateAsync(CoreServices.Token);
        }

        foreach (var file in Directory.GetFiles(_folder.FullPath, "liveclip.db*"))
        {
            var text = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, CoreServices.Token));
            Assert.DoesNotContain(key[..32], text, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_setup_link_is_good_for_one_use_and_a_day_and_a_new_one_voids_it()
    {
        var time = new ManualTimeProvider();
        var link = new SetupLink(time);
        Assert.False(link.IsValid(null));
        Assert.False(link.TryUse(""));

        var code = link.Issue();
        Assert.False(link.TryUse(code + "x"));
        Assert.True(link.IsValid(code));
        Assert.True(link.TryUse(code));
        Assert.False(link.IsValid(code));
        Assert.False(link.TryUse(code));

        var old = link.Issue();
        time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.True(link.IsValid(old));
        var next = link.Issue();
        Assert.False(link.IsValid(old));
        Assert.True(link.IsValid(next));
        time.Advance(TimeSpan.FromHours(24));
        Assert.False(link.TryUse(next));
    }

    [Fact]
    public async Task Of_many_that_use_the_link_at_once_one_gets_in()
    {
        var link = new SetupLink(TimeProvider.System);
        var code = link.Issue();
        var used = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => link.TryUse(code), CoreServices.Token)));
        Assert.Single(used, inside => inside);
    }
}
