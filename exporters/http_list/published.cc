#include "exporters/http_list/published.h"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "platform/gzip.h"

namespace exporters::http_list {

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

policy::Result<std::shared_ptr<const Published>> Publish(Artifact artifact,
                                                         const policy::Sha256& digest,
                                                         std::uint64_t release,
                                                         policy::TimePoint modified) {
  auto published = std::make_shared<Published>();
  published->release = release;
  published->digest = policy::ToHex(digest);
  published->last_modified = HttpDate(modified);
  for (ArtifactFile& file : artifact.files) {
    auto gzip = platform::Gzip(file.bytes);
    if (!gzip) return tl::unexpected(std::move(gzip.error()));
    const std::string sha256 = policy::ToHex(policy::Sha256Of(file.bytes));
    Resource resource;
    resource.etag = '"' + sha256 + '"';
    resource.gzip_etag = '"' + sha256 + "-gzip\"";
    if (gzip->size() < file.bytes.size()) {
      resource.gzip = std::make_shared<const std::string>(std::move(*gzip));
    }
    resource.identity = std::make_shared<const std::string>(std::move(file.bytes));
    published->by_path.emplace(PathOf(file.name), std::move(resource));
  }
  return published;
}

}  // namespace exporters::http_list
