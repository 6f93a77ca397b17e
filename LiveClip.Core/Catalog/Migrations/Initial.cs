using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LiveClip.Core.Catalog.Migrations;

/// <summary>
/// The first schema. Column types are left to the provider; a column, key or index that the model gets is added here until the first
/// release, and in a migration of its own after that.
/// </summary>
[DbContext(typeof(CatalogDbContext))]
[Migration("20261122000000_Initial")]
public sealed class Initial : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        CreateAccounts(migrationBuilder);
        CreateLiveStreams(migrationBuilder);
        CreateRecordings(migrationBuilder);
        CreateClips(migrationBuilder);
    }

    protected override void Down(MigrationBuilder migrationBuilder) =>
        throw new NotSupportedException("there is nothing before the first schema");

    /// <summary>ASP.NET Core Identity's tables, and the API tokens beside them.</summary>
    private static void CreateAccounts(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            "AspNetUsers",
            table => new
            {
                Id = table.Column<string>(nullable: false),
                UserName = table.Column<string>(maxLength: 256, nullable: true),
                NormalizedUserName = table.Column<string>(maxLength: 256, nullable: true),
                Email = table.Column<string>(maxLength: 256, nullable: true),
                NormalizedEmail = table.Column<string>(maxLength: 256, nullable: true),
                EmailConfirmed = table.Column<bool>(nullable: false),
                PasswordHash = table.Column<string>(nullable: true),
                SecurityStamp = table.Column<string>(nullable: true),
                ConcurrencyStamp = table.Column<string>(nullable: true),
                PhoneNumber = table.Column<string>(nullable: true),
                PhoneNumberConfirmed = table.Column<bool>(nullable: false),
                TwoFactorEnabled = table.Column<bool>(nullable: false),
                LockoutEnd = table.Column<DateTime>(nullable: true),
                LockoutEnabled = table.Column<bool>(nullable: false),
                AccessFailedCount = table.Column<int>(nullable: false),
            },
            constraints: table => table.PrimaryKey("PK_AspNetUsers", row => row.Id));
        migrationBuilder.CreateTable(
            "AspNetRoles",
            table => new
            {
                Id = table.Column<string>(nullable: false),
                Name = table.Column<string>(maxLength: 256, nullable: true),
                NormalizedName = table.Column<string>(maxLength: 256, nullable: true),
                ConcurrencyStamp = table.Column<string>(nullable: true),
            },
            constraints: table => table.PrimaryKey("PK_AspNetRoles", row => row.Id));
        migrationBuilder.CreateTable(
            "AspNetUserRoles",
            table => new
            {
                UserId = table.Column<string>(nullable: false),
                RoleId = table.Column<string>(nullable: false),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_AspNetUserRoles", row => new { row.UserId, row.RoleId });
                table.ForeignKey("FK_AspNetUserRoles_AspNetRoles_RoleId", row => row.RoleId,
                    "AspNetRoles", "Id", onDelete: ReferentialAction.Cascade);
                table.ForeignKey("FK_AspNetUserRoles_AspNetUsers_UserId", row => row.UserId,
                    "AspNetUsers", "Id", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateTable(
            "AspNetUserClaims",
            table => new
            {
                Id = table.Column<int>(nullable: false).Annotation("Sqlite:Autoincrement", true),
                UserId = table.Column<string>(nullable: false),
                ClaimType = table.Column<string>(nullable: true),
                ClaimValue = table.Column<string>(nullable: true),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_AspNetUserClaims", row => row.Id);
                table.ForeignKey("FK_AspNetUserClaims_AspNetUsers_UserId", row => row.UserId,
                    "AspNetUsers", "Id", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateTable(
            "AspNetRoleClaims",
            table => new
            {
                Id = table.Column<int>(nullable: false).Annotation("Sqlite:Autoincrement", true),
                RoleId = table.Column<string>(nullable: false),
                ClaimType = table.Column<string>(nullable: true),
                ClaimValue = table.Column<string>(nullable: true),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_AspNetRoleClaims", row => row.Id);
                table.ForeignKey("FK_AspNetRoleClaims_AspNetRoles_RoleId", row => row.RoleId,
                    "AspNetRoles", "Id", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateTable(
            "AspNetUserLogins",
            table => new
            {
                LoginProvider = table.Column<string>(nullable: false),
                ProviderKey = table.Column<string>(nullable: false),
                ProviderDisplayName = table.Column<string>(nullable: true),
                UserId = table.Column<string>(nullable: false),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_AspNetUserLogins", row => new { row.LoginProvider, row.ProviderKey });
                table.ForeignKey("FK_AspNetUserLogins_AspNetUsers_UserId", row => row.UserId,
                    "AspNetUsers", "Id", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateTable(
            "AspNetUserTokens",
            table => new
            {
                UserId = table.Column<string>(nullable: false),
                LoginProvider = table.Column<string>(nullable: false),
                Name = table.Column<string>(nullable: false),
                Value = table.Column<string>(nullable: true),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_AspNetUserTokens", row => new { row.UserId, row.LoginProvider, row.Name });
                table.ForeignKey("FK_AspNetUserTokens_AspNetUsers_UserId", row => row.UserId,
                    "AspNetUsers", "Id", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateTable(
            "ApiTokens",
            table => new
            {
                Id = table.Column<string>(nullable: false),
                SecretHash = table.Column<byte[]>(nullable: false),
                CreatedAt = table.Column<DateTime>(nullable: false),
            },
            constraints: table => table.PrimaryKey("PK_ApiTokens", row => row.Id));
        migrationBuilder.CreateIndex("IX_AspNetRoleClaims_RoleId", "AspNetRoleClaims", "RoleId");
        migrationBuilder.CreateIndex("RoleNameIndex", "AspNetRoles", "NormalizedName", unique: true);
        migrationBuilder.CreateIndex("IX_AspNetUserClaims_UserId", "AspNetUserClaims", "UserId");
        migrationBuilder.CreateIndex("IX_AspNetUserLogins_UserId", "AspNetUserLogins", "UserId");
        migrationBuilder.CreateIndex("IX_AspNetUserRoles_RoleId", "AspNetUserRoles", "RoleId");
        migrationBuilder.CreateIndex("EmailIndex", "AspNetUsers", "NormalizedEmail");
        migrationBuilder.CreateIndex("UserNameIndex", "AspNetUsers", "NormalizedUserName", unique: true);
    }

    private static void CreateLiveStreams(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            "LiveStreams",
            table => new
            {
                Id = table.Column<string>(maxLength: 32, nullable: false),
                Name = table.Column<string>(nullable: true),
                StreamKeyHash = table.Column<byte[]>(nullable: false),
                StreamKeyCipher = table.Column<string>(nullable: false),
                SrtSecretCipher = table.Column<string>(nullable: false),
                Status = table.Column<string>(nullable: false),
                MaxResolution = table.Column<string>(nullable: false),
                MediaPolicy = table.Column<string>(nullable: false),
                MaxDurationSeconds = table.Column<int>(nullable: false),
                ReconnectWindowSeconds = table.Column<int>(nullable: false),
                MaxClipSeconds = table.Column<int>(nullable: false),
                EnableRecording = table.Column<bool>(nullable: false),
                EnableDvrMode = table.Column<bool>(nullable: false),
                Metadata = table.Column<string>(nullable: false),
                NextSegmentNumber = table.Column<long>(nullable: false),
                NextDiscontinuity = table.Column<long>(nullable: false),
                CreatedAt = table.Column<DateTime>(nullable: false),
            },
            constraints: table => table.PrimaryKey("PK_LiveStreams", row => row.Id));
        migrationBuilder.CreateTable(
            "PlaybackIds",
            table => new
            {
                Id = table.Column<Guid>(nullable: false),
                StreamId = table.Column<string>(nullable: false),
                AccessPolicy = table.Column<string>(nullable: false),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_PlaybackIds", row => row.Id);
                table.ForeignKey("FK_PlaybackIds_LiveStreams_StreamId", row => row.StreamId,
                    "LiveStreams", "Id", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateIndex("IX_LiveStreams_StreamKeyHash", "LiveStreams", "StreamKeyHash", unique: true);
        migrationBuilder.CreateIndex("IX_PlaybackIds_StreamId", "PlaybackIds", "StreamId");
    }

    private static void CreateRecordings(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            "Recordings",
            table => new
            {
                Id = table.Column<Guid>(nullable: false),
                StreamId = table.Column<string>(nullable: false),
                StartedAt = table.Column<DateTime>(nullable: false),
                EndedAt = table.Column<DateTime>(nullable: true),
                TargetDuration = table.Column<int>(nullable: true),
                FirstSegmentNumber = table.Column<long>(nullable: false),
                FirstDiscontinuity = table.Column<long>(nullable: false),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_Recordings", row => row.Id);
                table.ForeignKey("FK_Recordings_LiveStreams_StreamId", row => row.StreamId,
                    "LiveStreams", "Id", onDelete: ReferentialAction.Restrict);
            });
        migrationBuilder.CreateTable(
            "Runs",
            table => new
            {
                RecordingId = table.Column<Guid>(nullable: false),
                Number = table.Column<int>(nullable: false),
                TimelineStart = table.Column<long>(nullable: false),
                WallClock = table.Column<DateTime>(nullable: false),
                Init = table.Column<byte[]>(nullable: false),
                Width = table.Column<int>(nullable: false),
                Height = table.Column<int>(nullable: false),
                Codecs = table.Column<string>(nullable: false),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_Runs", row => new { row.RecordingId, row.Number });
                table.ForeignKey("FK_Runs_Recordings_RecordingId", row => row.RecordingId,
                    "Recordings", "Id", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateTable(
            "Segments",
            table => new
            {
                RecordingId = table.Column<Guid>(nullable: false),
                Number = table.Column<long>(nullable: false),
                Run = table.Column<int>(nullable: false),
                Start = table.Column<long>(nullable: false),
                Duration = table.Column<long>(nullable: false),
                Length = table.Column<long>(nullable: false),
                StartsWithSync = table.Column<bool>(nullable: false),
            },
            constraints: table =>
            {
                table.PrimaryKey("PK_Segments", row => new { row.RecordingId, row.Number });
                table.ForeignKey("FK_Segments_Recordings_RecordingId", row => row.RecordingId,
                    "Recordings", "Id", onDelete: ReferentialAction.Cascade);
            });
        migrationBuilder.CreateIndex("IX_Recordings_StreamId_StartedAt", "Recordings", ["StreamId", "StartedAt"]);
    }

    private static void CreateClips(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            "Clips",
            table => new
            {
                Id = table.Column<Guid>(nullable: false),
                StreamId = table.Column<string>(nullable: false),
                RecordingId = table.Column<Guid>(nullable: false),
                ClientId = table.Column<Guid>(nullable: true),
                Slug = table.Column<string>(nullable: false),
                Title = table.Column<string>(nullable: true),
                Tags = table.Column<string>(nullable: false),
                Status = table.Column<string>(nullable: false),
                RequestedStart = table.Column<long>(nullable: false),
                RequestedEnd = table.Column<long>(nullable: false),
                Start = table.Column<long>(nullable: false),
                End = table.Column<long>(nullable: false),
                Trimmed = table.Column<bool>(nullable: false),
                DeliveredStart = table.Column<long>(nullable: true),
                DeliveredEnd = table.Column<long>(nullable: true),
                DeliveredFrames = table.Column<int>(nullable: true),
                Duration = table.Column<long>(nullable: true),
                Width = table.Column<int>(nullable: false),
                Height = table.Column<int>(nullable: false),
                HasPoster = table.Column<bool>(nullable: false),
                Error = table.Column<string>(nullable: true),
                CreatedBy = table.Column<string>(nullable: false),
                CreatedAt = table.Column<DateTime>(nullable: false),
                ReadyAt = table.Column<DateTime>(nullable: true),
                DeletedAt = table.Column<DateTime>(nullable: true),
            },
            constraints: table => table.PrimaryKey("PK_Clips", row => row.Id));
        migrationBuilder.CreateIndex("IX_Clips_Slug", "Clips", "Slug", unique: true);
        migrationBuilder.CreateIndex("IX_Clips_Status", "Clips", "Status");
        migrationBuilder.CreateIndex("IX_Clips_StreamId_ClientId", "Clips", ["StreamId", "ClientId"], unique: true);
        migrationBuilder.CreateIndex("IX_Clips_StreamId_CreatedAt", "Clips", ["StreamId", "CreatedAt"]);
    }
}
