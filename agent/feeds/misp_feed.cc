#include "agent/feeds/misp_feed.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/feeds/composed_document.h"
#include "agent/feeds/feed_text.h"
#include "agent/feeds/request_budget.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using platform::HttpRequest;
using platform::HttpResponse;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::string_view kFormat = "misp-feed";
constexpr std::string_view kManifest = "manifest.json";

// When each event changed last, in seconds since 1970, by its UUID.
using Manifest = std::map<std::string, std::int64_t>;

struct KnownEvent {
  std::int64_t changed;
  std::string_view line;
};
using KnownEvents = std::map<std::string, KnownEvent, std::less<>>;

// With a slash at its end.
std::string FolderOf(std::string_view url) {
  if (url.ends_with(kManifest)) url.remove_suffix(kManifest.size());
  return std::string(url) + (url.ends_with('/') ? "" : "/");
}

// As a number or, from older versions of MISP, a string of digits.
std::optional<std::int64_t> SecondsIn(const Json& entry) {
  const auto member = entry.is_object() ? entry.find("timestamp") : entry.end();
  if (!entry.is_object() || member == entry.end()) return std::nullopt;
  if (member->is_number_integer()) return member->get<std::int64_t>();
  if (!member->is_string()) return std::nullopt;
  const auto& text = member->get_ref<const std::string&>();
  std::int64_t seconds = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_number = error == std::errc{} && stop == text.data() + text.size();
  return is_number ? std::optional(seconds) : std::nullopt;
}

// `json` is of {"UUID": {"timestamp": 1628037266, ...}}.
Result<Manifest> ReadManifest(std::string_view bytes, const MispFeed& feed) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  // Nothing but the timestamps is kept, so that the parse takes little memory; depth 1 are UUIDs.
  const auto keep = [](int depth, Json::parse_event_t event, Json& parsed) {
    return event != Json::parse_event_t::key || depth == 1 || parsed == "timestamp";
  };
  const Json json = Json::parse(text->begin(), text->end(), keep, false);
  if (!json.is_object()) {
    return Fail(ErrorCode::malformed_input,
                "its manifest.json is no manifest of a MISP feed: check the source's URL");
  }
  Manifest manifest;
  for (const auto& [uuid, entry] : json.items()) {
    const auto changed = SecondsIn(entry);
    if (!IsUuid(uuid) || !changed) {
      return Fail(ErrorCode::malformed_input, "its manifest.json lists " + policy::Quote(uuid) +
                                                  ", which is no UUID with a timestamp");
    }
    if (feed.since && *changed < feed.since->time_since_epoch().count()) continue;
    manifest[uuid] = *changed;
  }
  return manifest;
}

// The events of a document that was made before; its header lists them in the order of its lines.
KnownEvents ReadKnown(const Result<ComposedDocument>& document) {
  KnownEvents known;
  if (!document) return known;
  const auto events = document->header.find("events");
  if (events == document->header.end() || !events->is_object() ||
      events->size() != document->lines.size()) {
    return known;
  }
  std::size_t line = 0;
  for (const auto& [uuid, changed] : events->items()) {
    if (!changed.is_number_integer()) return {};
    known[uuid] = {changed.get<std::int64_t>(), document->lines[line++]};
  }
  return known;
}

// Of an attribute that names nothing on the network, only its type counts.
void KeepTypesOnly(Json& holder) {
  const auto attributes = holder.is_object() ? holder.find("Attribute") : holder.end();
  if (!holder.is_object() || attributes == holder.end() || !attributes->is_array()) return;
  for (Json& attribute : *attributes) {
    if (!attribute.is_object()) continue;
    const auto type = attribute.find("type");
    if (type == attribute.end() || !type->is_string() ||
        IsMispNetworkType(type->get_ref<const std::string&>())) {
      continue;
    }
    Json rest{{"type", *type}};
    if (attribute.contains("deleted")) rest["deleted"] = attribute["deleted"];
    attribute = std::move(rest);
  }
}

// The line to keep of an event's file.
Result<std::string> LineOf(std::string_view text, std::string_view uuid) {
  auto json = ParseMispJson(text);
  if (!json) return tl::unexpected(std::move(json.error()));
  const auto event = json->is_object() ? json->find("Event") : json->end();
  const bool is_it = json->is_object() && event != json->end() && event->is_object() &&
                     event->contains("uuid") && (*event)["uuid"] == uuid;
  if (!is_it) {
    return Fail(ErrorCode::malformed_input, "the file does not hold the event it is named for");
  }
  KeepTypesOnly(*event);
  if (const auto objects = event->find("Object"); objects != event->end()) {
    for (Json& object : *objects) KeepTypesOnly(object);
  }
  (*event)["info"] = TitleOf(*event);
  return Json{{"Event", std::move(*event)}}.dump();
}

// Fetches what changed, and joins it with what did not.
class Folder {
 public:
  Folder(platform::HttpClient& client, const HttpRequest& request, const KnownEvents& known)
      : budget_(client, request),
        request_(request),
        folder_(FolderOf(request.url)),
        size_max_(request.body_size_max),
        known_(known) {}

  Result<HttpResponse> GetManifest() {
    HttpRequest request = request_;
    request.url = folder_ + std::string(kManifest);
    return budget_.Send(std::move(request));
  }

  // Gives 200 once all are there, or what a server refused one with.
  Result<HttpResponse> TakeEvents(const Manifest& manifest) {
    request_.etag.clear();
    request_.last_modified.clear();
    HttpResponse good;
    good.status = 200;
    for (const auto& [uuid, changed] : manifest) {
      const auto known = known_.find(uuid);
      if (known != known_.end() && known->second.changed == changed) {
        lines_[uuid] = known->second.line;
      } else {
        auto response = GetEvent(uuid);
        if (!response || response->status != 200) return response;
      }
      size_ += lines_[uuid].size();
      if (size_ > size_max_) {
        return Fail(ErrorCode::exhausted,
                    "its events are larger together than body_size_max: raise it, or leave old "
                    "ones out by `since`");
      }
    }
    return good;
  }

  const std::map<std::string, std::string>& lines() const { return lines_; }
  const std::string& url() const { return folder_; }

 private:
  Result<HttpResponse> GetEvent(const std::string& uuid) {
    HttpRequest request = request_;
    request.url = folder_ + uuid + ".json";
    auto response = budget_.Send(std::move(request));
    if (!response || response->status != 200) return response;
    auto line = LineOf(response->body, uuid);
    if (!line) {
      return Fail(line.error().code, folder_ + uuid + ".json: " + line.error().detail);
    }
    lines_[uuid] = *std::move(line);
    return response;
  }

  RequestBudget budget_;
  HttpRequest request_;
  std::string folder_;
  std::size_t size_max_;
  const KnownEvents& known_;
  std::map<std::string, std::string> lines_;
  std::size_t size_ = 0;
};

}  // namespace

MispFeed ReadMispFeed(const config::Node& source) {
  MispFeed feed{ReadMispFilters(source), std::nullopt};
  const config::Node since = source.Optional("since");
  if (!since.present()) return feed;
  if (const auto time = policy::ParseTime(since.AsString())) {
    feed.since = *time;
  } else {
    since.Fail("is no date: write it as 2026-01-31");
  }
  return feed;
}

Result<HttpResponse> CollectMispFeed(platform::HttpClient& client, const HttpRequest& request,
                                     std::string_view last_good, const MispFeed& feed) {
  const auto before = SplitComposed(last_good, kFormat);
  const Json since = feed.since ? Json(policy::FormatTime(*feed.since)) : Json();
  const KnownEvents known = ReadKnown(before);
  HttpRequest wanted = request;
  // Of the same manifest, another `since` makes another document.
  const bool is_same_since = before && before->header.value("since", Json()) == since;
  if (!is_same_since || known.empty()) {
    wanted.etag.clear();
    wanted.last_modified.clear();
  }
  Folder folder(client, wanted, known);
  auto answer = folder.GetManifest();
  if (!answer || answer->status != 200) return answer;
  const auto manifest = ReadManifest(answer->body, feed);
  if (!manifest) return tl::unexpected(manifest.error());
  auto taken = folder.TakeEvents(*manifest);
  if (!taken || taken->status != 200) return taken;

  std::vector<std::string_view> lines;
  for (const auto& [uuid, line] : folder.lines()) lines.emplace_back(line);
  Json header{{"events", *manifest}, {"folder", folder.url()}, {"since", since}};
  answer->body = JoinComposed(kFormat, std::move(header), lines);
  return answer;
}

Result<FeedSnapshot> ParseMispFeed(std::string_view bytes, policy::TimePoint fetched_at,
                                   std::size_t rows_max, const MispFeed& feed) {
  const auto document = SplitComposed(bytes, kFormat);
  if (!document) return tl::unexpected(document.error());
  MispReader reader(feed.filters, fetched_at, rows_max);
  const auto folder = document->header.find("folder");
  if (folder != document->header.end() && folder->is_string()) {
    reader.SetEventUrl(folder->get<std::string>(), ".json");
  }
  return std::move(reader).ReadLines(document->lines);
}

}  // namespace agent::feeds
