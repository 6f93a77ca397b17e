using LiveClip.Core;
using LiveClip.Core.Access;
using LiveClip.Core.Catalog;
using LiveClip.Tests.Support;
using LiveClip.Web.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace LiveClip.Tests.Access;

public sealed class AccountSetupTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ServiceProvider _services;

    public AccountSetupTests()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["LiveClip:DataDirectory"] = _folder.FullPath })
            .Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddLogging();
        services.AddLiveClip(configuration);
        services.AddSignIn();
        _services = services.BuildServiceProvider();
        using var context = _services.GetRequiredService<IDbContextFactory<CatalogDbContext>>().CreateDbContext();
        context.Database.EnsureCreated();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private AccountSetup Setup => _services.GetRequiredService<AccountSetup>();

    public void Dispose()
    {
        _services.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_link_makes_an_admin_and_a_token_that_works_and_is_used_up()
    {
        var code = _services.GetRequiredService<SetupLink>().Issue();

        var answer = await Setup.UseLinkAsync(code, "ana@example.org", "correct horse", Token);

        Assert.Equal("ana@example.org", answer.User?.Email);
        Assert.True(await Setup.HasAdminAsync(Token));
        Assert.True(await _services.GetRequiredService<ApiTokens>().VerifyAsync(answer.Token!.Value.Id, answer.Token.Value.Secret, Token));
        Assert.Equal(new SetupAnswer(null, null, []), await Setup.UseLinkAsync(code, "eve@example.org", "correct horse", Token), SameOutcome);
    }

    [Fact]
    public async Task A_wrong_code_opens_nothing()
    {
        _services.GetRequiredService<SetupLink>().Issue();

        Assert.False(await Setup.IsOpenAsync("guess", Token));
        Assert.Null((await Setup.UseLinkAsync("guess", "eve@example.org", "correct horse", Token)).User);
        Assert.False(await Setup.HasAdminAsync(Token));
    }

    [Theory]
    [InlineData("ana@example.org", "short")]
    [InlineData("no address", "correct horse")]
    public async Task A_fault_in_the_form_is_told_and_leaves_the_link_good(string email, string password)
    {
        var code = _services.GetRequiredService<SetupLink>().Issue();

        var answer = await Setup.UseLinkAsync(code, email, password, Token);

        Assert.Null(answer.User);
        Assert.NotEmpty(answer.Faults);
        Assert.True(await Setup.IsOpenAsync(code, Token));
    }

    [Fact]
    public async Task Once_there_is_an_admin_no_link_is_good()
    {
        await Setup.BootstrapAsync(new BootstrapOptions { AdminEmail = "ana@example.org", AdminPassword = "correct horse" }, Token);

        Assert.False(await Setup.IsOpenAsync(_services.GetRequiredService<SetupLink>().Issue(), Token));
    }

    [Fact]
    public async Task Settings_make_the_first_admin_and_token_only()
    {
        await Setup.BootstrapAsync(Settings("ana@example.org", "first"), Token);
        await Setup.BootstrapAsync(Settings("eve@example.org", "second"), Token);

        Assert.NotNull(await FindUserAsync("ana@example.org"));
        Assert.Null(await FindUserAsync("eve@example.org"));
        Assert.True(await _services.GetRequiredService<ApiTokens>().VerifyAsync("first", "secret of first", Token));
        Assert.False(await _services.GetRequiredService<ApiTokens>().VerifyAsync("second", "secret of second", Token));
    }

    [Fact]
    public async Task A_setting_may_stand_in_a_file()
    {
        File.WriteAllText(_folder.File("password"), "correct horse\n");

        await Setup.BootstrapAsync(
            new BootstrapOptions { AdminEmail = "ana@example.org", AdminPasswordFile = _folder.File("password") }, Token);

        await using var scope = _services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<IdentityUser>>();
        Assert.True(await users.CheckPasswordAsync((await users.FindByEmailAsync("ana@example.org"))!, "correct horse"));
    }

    [Fact]
    public async Task A_weak_password_in_the_settings_stops_the_start_and_is_named()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Setup.BootstrapAsync(new BootstrapOptions { AdminEmail = "ana@example.org", AdminPassword = "short" }, Token));

        Assert.Contains("AdminPassword", error.Message, StringComparison.Ordinal);
        Assert.Contains("at least 8", error.Message, StringComparison.Ordinal);
    }

    private static BootstrapOptions Settings(string email, string token) =>
        new() { AdminEmail = email, AdminPassword = "correct horse", TokenId = token, TokenSecret = $"secret of {token}" };

    private static bool SameOutcome(SetupAnswer expected, SetupAnswer actual) =>
        (expected.User, expected.Token) == (actual.User, actual.Token) && expected.Faults.SequenceEqual(actual.Faults);

    private async Task<IdentityUser?> FindUserAsync(string email)
    {
        await using var scope = _services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<UserManager<IdentityUser>>().FindByEmailAsync(email);
    }
}
