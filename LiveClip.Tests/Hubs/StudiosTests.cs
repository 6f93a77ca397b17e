using LiveClip.Web.Hubs;
using Xunit;

namespace LiveClip.Tests.Hubs;

public class StudiosTests
{
    private readonly Studios _studios = new();

    [Fact]
    public void Stream_is_listened_to_until_its_last_studio_leaves()
    {
        Assert.False(_studios.ListenTo("stream"));
        _studios.Join("stream", "first");
        _studios.Join("stream", "second");
        _studios.Join("stream", "second");

        _studios.Leave("first");
        Assert.True(_studios.ListenTo("stream"));
        _studios.Leave("second");
        Assert.False(_studios.ListenTo("stream"));
    }

    [Fact]
    public void Connection_that_goes_leaves_all_its_streams()
    {
        _studios.Join("one", "first");
        _studios.Join("other", "first");
        _studios.Join("other", "second");

        _studios.Leave("first");
        _studios.Leave("unknown");

        Assert.False(_studios.ListenTo("one"));
        Assert.True(_studios.ListenTo("other"));
    }
}
