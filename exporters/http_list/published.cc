#include "exporters/http_list/published.h"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "platform/gzip.h"
#include "platform/zstd.h"
#include "policy/digest.h"

namespace exporters::http_list {
namespace {

constexpr std::string_view objects = "/objects/sha256/";

std::string TypeOf(std::string_view name, const std::vector<Variant>& variants) {
  if (name.ends_with(".sig")) return "application/octet-stream";
  for (const Variant& variant : variants) {
    if (variant.path == name) return std::string(variant.format->content_type);
  }
  return "text/plain; charset=utf-8";
}

}  // namespace

bool IsObject(std::string_view path) {
  return path.starts_with(objects);
}

std::string PathOf(std::string_view name) {
  return "/lists/" + std::string(name);
}

std::string HttpDate(policy::TimePoint time) {
  constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     days[std::chrono::weekday(day).c_encoding()], unsigned(date.day()),
                     months[unsigned(date.month()) - 1], int(date.year()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::size_t Resource::size() const {
  std::size_t size = 0;
  for (const Form& form : forms) size += form.body->size();
  return size;
}

policy::Result<ResourcePtr> MakeResource(std::string bytes, std::string content_type) {
  auto resource = std::make_shared<Resource>();
  resource->content_type = std::move(content_type);
  const std::string sha256 = policy::ToHex(policy::Sha256Of(bytes));
  const auto add = [&](const std::string& coding, std::string body) {
    resource->forms.push_back({coding, std::make_shared<const std::string>(std::move(body)),
                               '"' + sha256 + (coding.empty() ? "" : "-") + coding + '"'});
  };
  auto zstd = platform::Zstd(bytes);
  if (!zstd) return tl::unexpected(std::move(zstd.error()));
  auto gzip = platform::Gzip(bytes);
  if (!gzip) return tl::unexpected(std::move(gzip.error()));
  const std::size_t size = bytes.size();
  add("", std::move(bytes));
  if (zstd->size() < size) add("zstd", std::move(*zstd));
  if (gzip->size() < size) add("gzip", std::move(*gzip));
  return resource;
}

policy::Result<std::shared_ptr<const Published>> Publish(
    Artifact artifact, const std::vector<Variant>& variants,
    std::shared_ptr<const policy::ListSnapshot> list, std::uint64_t release,
    policy::TimePoint modified) {
  auto published = std::make_shared<Published>();
  published->release = release;
  published->digest = policy::ToHex(list->digest());
  published->list = std::move(list);
  published->last_modified = HttpDate(modified);
  for (ArtifactFile& file : artifact.files) {
    auto resource = MakeResource(std::move(file.bytes), TypeOf(file.name, variants));
    if (!resource) return tl::unexpected(std::move(resource.error()));
    published->by_path.emplace(PathOf(file.name), *resource);
    std::string sha256 = (*resource)->forms.front().etag;
    std::erase(sha256, '"');
    published->by_path.emplace(std::string(objects) + sha256, std::move(*resource));
  }
  return published;
}

}  // namespace exporters::http_list
