using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LiveClip.Core.Catalog.Migrations;

/// <summary>Runs remember where their encoder's clock was put right.</summary>
[DbContext(typeof(CatalogDbContext))]
[Migration("20261122134500_RunAnchors")]
public sealed class RunAnchors : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.AddColumn<byte[]>("Anchors", "Runs", nullable: true);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.DropColumn("Anchors", "Runs");
}
