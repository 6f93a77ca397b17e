using System.ComponentModel.DataAnnotations;
using LiveClip.Core.Catalog;

namespace LiveClip.Web.Components.Pages.Admin;

/// <summary>What a form says about keeping a stream's recordings; empty is what the server's settings say.</summary>
public class RetentionDraft
{
    [Range(0, LiveStream.MaxRetentionDays, ErrorMessage = "From 0 to 3,650 days.")]
    public int? RetentionDays { get; set; }

    [Range(0, LiveStream.MaxRetentionGiB, ErrorMessage = "From 0 to 1,000,000 GiB.")]
    public int? RetentionGiB { get; set; }
}
