#include "agent/feeds/last_good.h"

#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "platform/atomic_file.h"
#include "policy/digest.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kJsonSizeMax = 64 * 1024;
constexpr std::size_t kBytesSizeMax = std::size_t{4} << 30U;

bool IsFileName(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  return !name.empty() && name.size() <= kNameMax &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

std::string ToJson(const AcceptedFile& file) {
  Json json{{"url", file.url},
            {"format", file.format},
            {"etag", file.etag},
            {"last_modified", file.last_modified},
            {"sha256", file.sha256},
            {"accepted_at", policy::FormatTime(file.accepted_at)},
            {"fetched_at", policy::FormatTime(file.fetched_at)},
            {"rows", file.history.rows}};
  if (file.history.newest_seen) {
    json["newest_seen"] = policy::FormatTime(*file.history.newest_seen);
  }
  // A server's ETag may hold any bytes; a validator that was mended just won't match.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

policy::TimePoint TimeAt(const Json& json, const char* key) {
  // Throws, like any other value that is not what ToJson writes.
  return policy::ParseTime(json.at(key).get<std::string>()).value();
}

Result<AcceptedFile> FromJson(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    AcceptedFile file{.url = json.at("url").get<std::string>(),
                      .format = json.at("format").get<std::string>(),
                      .etag = json.at("etag").get<std::string>(),
                      .last_modified = json.at("last_modified").get<std::string>(),
                      .sha256 = json.at("sha256").get<std::string>(),
                      .accepted_at = TimeAt(json, "accepted_at"),
                      .fetched_at = TimeAt(json, "fetched_at"),
                      .history = {json.at("rows").get<std::vector<std::uint64_t>>(), {}}};
    if (json.contains("newest_seen")) file.history.newest_seen = TimeAt(json, "newest_seen");
    // It becomes part of a path.
    if (!policy::ParseSha256(file.sha256)) return Fail(ErrorCode::corrupt, "its sha256 is none");
    return file;
  } catch (const std::exception&) {
    return Fail(ErrorCode::corrupt, "it is not what this program writes");
  }
}

tl::unexpected<policy::Error> Corrupt(const fs::path& path, std::string_view why) {
  return Fail(ErrorCode::corrupt, path.string() + ": " + std::string(why) +
                                      ". The source will be fetched anew, as if for the first "
                                      "time; you may remove the file");
}

// Whether the file is sure to survive a power loss; either way it is in place.
Result<bool> Write(const fs::path& path, std::string_view bytes) {
  const auto written = platform::WriteFileAtomically(path, bytes);
  if (written) return true;
  if (written.error().code == ErrorCode::outcome_unknown) return false;
  return tl::unexpected(written.error());
}

}  // namespace

Result<LastGoodFolder> LastGoodFolder::Open(fs::path folder, std::string name) {
  if (!IsFileName(name)) {
    return Fail(
        ErrorCode::malformed_input,
        policy::Quote(name) + " is no name for a source: take up to 64 of a-z, 0-9, - and _");
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return Fail(ErrorCode::unavailable,
                "cannot make the folder " + folder.string() + ": " + error.message());
  }
  return LastGoodFolder(std::move(folder), std::move(name));
}

Result<LastGood> LastGoodFolder::Load() const {
  const auto json = platform::ReadFile(FilePath(), kJsonSizeMax);
  if (!json) return tl::unexpected(json.error());
  auto file = FromJson(*json);
  if (!file) return Corrupt(FilePath(), file.error().detail);
  auto bytes = platform::ReadFile(BytesPath(file->sha256), kBytesSizeMax);
  if (!bytes) {
    if (bytes.error().code != ErrorCode::not_found) return tl::unexpected(bytes.error());
    return Corrupt(BytesPath(file->sha256), "it is gone");
  }
  if (policy::ToHex(policy::Sha256Of(*bytes)) != file->sha256) {
    return Corrupt(BytesPath(file->sha256), "its bytes have changed");
  }
  return LastGood{*std::move(file), *std::move(bytes)};
}

bool LastGoodFolder::Holds(const AcceptedFile& file) const {
  std::error_code ignored;
  return fs::is_regular_file(BytesPath(file.sha256), ignored) &&
         fs::is_regular_file(FilePath(), ignored);
}

Result<void> LastGoodFolder::Save(const AcceptedFile& file, std::string_view bytes) const {
  const auto bytes_durable = Write(BytesPath(file.sha256), bytes);
  if (!bytes_durable) return tl::unexpected(bytes_durable.error());
  const auto file_durable = Write(FilePath(), ToJson(file));
  if (!file_durable) return tl::unexpected(file_durable.error());
  // Otherwise a power loss may bring the old JSON back, which then needs its bytes.
  if (*bytes_durable && *file_durable) RemoveOthers(file.sha256);
  return {};
}

Result<void> LastGoodFolder::Save(const AcceptedFile& file) const {
  const auto durable = Write(FilePath(), ToJson(file));
  if (!durable) return tl::unexpected(durable.error());
  return {};
}

fs::path LastGoodFolder::BytesPath(std::string_view sha256) const {
  return folder_ / (name_ + "." + std::string(sha256) + ".good");
}

// Names hold no dot, so that one source's files can't be taken for another's. A file that can't be
// removed only takes up room.
void LastGoodFolder::RemoveOthers(std::string_view sha256) const {
  const std::string start = name_ + ".";
  const fs::path kept = BytesPath(sha256);
  std::error_code error;
  std::vector<fs::path> others;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(start) && name.ends_with(".good") && it->path() != kept) {
      others.push_back(it->path());
    }
  }
  for (const fs::path& other : others) fs::remove(other, error);
}

}  // namespace agent::feeds
