namespace LiveClip.Core.Samples;

/// <summary>A picture that others refer to, by its numbers in a stream and in what becomes of it.</summary>
/// <param name="Number">How many reference pictures come before it, from where decoding begins: frame_num without its turns.</param>
/// <param name="NewNumber">The same without those that were left out.</param>
/// <param name="PicOrder">Its place on screen.</param>
/// <param name="IsKept">False for one that was left out.</param>
internal sealed record ReferencePicture(int Number, int NewNumber, int PicOrder, bool IsKept);

/// <summary>The short-term reference pictures that a decoder holds, and the lists that it makes of them (H.264 §8.2.4, §8.2.5).</summary>
/// <param name="capacity">max_num_ref_frames.</param>
/// <param name="held">In decode order.</param>
internal sealed class ReferencePictures(int capacity, IReadOnlyList<ReferencePicture> held)
{
    public IReadOnlyList<ReferencePicture> Held => held;

    public ReferencePictures With(ReferencePicture picture) => new(capacity, [.. held, picture]);

    public ReferencePictures Without(IReadOnlyCollection<ReferencePicture> pictures) => new(capacity, [.. held.Except(pictures)]);

    /// <summary>§8.2.5.3: the oldest makes room for one more.</summary>
    public ReferencePictures Slid() => held.Count < Math.Max(capacity, 1) ? this : new(capacity, [.. held.Skip(1)]);

    /// <summary>The one that has this number, but for whole turns of frame_num.</summary>
    public ReferencePicture? Find(int number, int maxFrameNum) =>
        held.FirstOrDefault(picture => (picture.Number - number) % maxFrameNum == 0);

    /// <summary>§8.2.4.2.1 and §8.2.4.2.3: what the lists of a slice are when it does not tell.</summary>
    /// <param name="picOrder">Of the picture that it belongs to.</param>
    public (List<ReferencePicture> List0, List<ReferencePicture> List1) DefaultLists(SliceType type, int picOrder)
    {
        if (type == SliceType.P)
        {
            return ([.. held.Reverse()], []);
        }

        var before = held.Where(picture => picture.PicOrder < picOrder).OrderByDescending(picture => picture.PicOrder).ToList();
        var after = held.Where(picture => picture.PicOrder > picOrder).OrderBy(picture => picture.PicOrder).ToList();
        List<ReferencePicture> list0 = [.. before, .. after];
        List<ReferencePicture> list1 = [.. after, .. before];
        if (list1.Count > 1 && list1.SequenceEqual(list0))
        {
            (list1[0], list1[1]) = (list1[1], list1[0]);
        }

        return (list0, list1);
    }

    /// <summary>§8.2.4.3.1: the list that a slice tells; null where it names a picture that is not held, or none.</summary>
    /// <param name="byDefault">One of <see cref="DefaultLists"/>.</param>
    /// <param name="number">Of the picture that the slice belongs to.</param>
    public ReferencePicture?[] Modified(
        List<ReferencePicture> byDefault, IReadOnlyList<ReferenceListModification>? steps, int count, int number, int maxFrameNum)
    {
        var list = new List<ReferencePicture?>(byDefault.Take(count));
        list.AddRange(new ReferencePicture?[count - list.Count]);
        foreach (var (place, step) in (steps ?? []).Take(count).Index())
        {
            if (step.Idc == ReferenceListModification.LongTerm)
            {
                throw new SampleFormatException("long_term_pic_num", 0, "pictures that are kept for long are not rebased");
            }

            var distance = (int)step.Value + 1;
            number += step.Idc == ReferenceListModification.Forward ? distance : -distance;
            var picture = Find(number, maxFrameNum);
            list.Insert(place, picture);
            var second = picture is null ? -1 : list.IndexOf(picture, place + 1);
            list.RemoveAt(second < 0 ? count : second);
        }

        return [.. list];
    }
}
