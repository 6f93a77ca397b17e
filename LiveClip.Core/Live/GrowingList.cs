namespace LiveClip.Core.Live;

/// <summary>A list that is read while it grows: what a reader got stays as it was, and costs no copy. One thread at a time may change it.</summary>
internal sealed class GrowingList<T>
{
    private T[] _items;
    private int _count;

    public GrowingList(IEnumerable<T> items)
    {
        _items = [.. items];
        _count = _items.Length;
    }

    /// <summary>All that is in it now.</summary>
    public ArraySegment<T> Items => new(_items, 0, _count);

    public void Add(T item)
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, Math.Max(16, _count * 2));
        }

        // Behind the end of all that was given out.
        _items[_count++] = item;
    }

    public void RemoveAll(Predicate<T> isSo)
    {
        _items = [.. Items.Where(item => !isSo(item))];
        _count = _items.Length;
    }
}
