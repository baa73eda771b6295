#include "agent/feeds/misp_search.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/feeds/composed_document.h"
#include "agent/feeds/request_budget.h"
#include "agent/feeds/retry.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using platform::HttpRequest;
using platform::HttpResponse;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using policy::TimePoint;

constexpr std::string_view kFormat = "misp";

// By UUID, each as one line of JSON; empty if it is deleted.
using Attributes = std::map<std::string, std::string>;

std::string ServerOf(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

// What is asked of each page of each search.
Json CommonQuery(const MispSearch& search) {
  Json query{{"returnFormat", "json"},
             {"type", MispTypes(search.filters)},
             {"limit", search.page_size},
             {"includeEventTags", true},
             {"includeSightings", search.sightings},
             {"enforceWarninglist", search.filters.enforce_warninglist}};
  if (search.published) query["published"] = true;
  if (search.decaying_model) {
    query["includeDecayScore"] = true;
    query["decayingModel"] = Json::array({*search.decaying_model});
  }
  return query;
}

Json QueryForAll(const MispSearch& search) {
  Json query = CommonQuery(search);
  const MispFilters& filters = search.filters;
  if (filters.to_ids) query["to_ids"] = true;
  if (!filters.tags.empty()) query["tags"]["OR"] = filters.tags;
  if (!filters.exclude_tags.empty()) query["tags"]["NOT"] = filters.exclude_tags;
  if (search.decaying_model) query["excludeDecayed"] = true;
  return query;
}

// Without to_ids, tags and decay: an attribute that no longer fits has to come, to be dropped.
Json QueryForChanges(const MispSearch& search, TimePoint since) {
  Json query = CommonQuery(search);
  query["timestamp"] = since.time_since_epoch().count();
  query["deleted"] = Json::array({0, 1});
  return query;
}

// What a document was asked for with: that of other settings is no start for these.
Json Identity(const MispSearch& search) {
  Json identity = QueryForAll(search);
  identity["tlp_max"] = static_cast<int>(search.filters.tlp_max);
  return identity;
}

// A document that was made before.
struct Known {
  Attributes attributes;
  TimePoint fetched;
  TimePoint full_at;
};

std::optional<TimePoint> TimeIn(const Json& header, const char* key) {
  const auto member = header.find(key);
  if (member == header.end() || !member->is_string()) return std::nullopt;
  const auto time = policy::ParseTime(member->get_ref<const std::string&>());
  return time ? std::optional(*time) : std::nullopt;
}

std::string UuidOf(const Json& attribute) {
  const auto uuid = attribute.find("uuid");
  if (uuid == attribute.end() || !uuid->is_string()) return {};
  auto text = uuid->get<std::string>();
  return IsUuid(text) ? text : std::string();
}

// None if there is nothing to go on from.
std::optional<Known> ReadKnown(std::string_view last_good, const MispSearch& search) {
  if (last_good.empty()) return std::nullopt;
  const auto document = SplitComposed(last_good, kFormat);
  if (!document || document->header.value("query", Json()) != Identity(search)) return std::nullopt;
  const auto fetched = TimeIn(document->header, "fetched");
  const auto full_at = TimeIn(document->header, "full_at");
  if (!fetched || !full_at) return std::nullopt;
  Known known{{}, *fetched, *full_at};
  for (const std::string_view line : document->lines) {
    const auto attribute = ParseMispJson(line);
    if (!attribute || !attribute->is_object()) return std::nullopt;
    std::string uuid = UuidOf(*attribute);
    if (uuid.empty()) return std::nullopt;
    known.attributes[std::move(uuid)] = line;
  }
  return known;
}

const Json* Member(const Json& json, const char* key) {
  const auto member = json.find(key);
  return member != json.end() && member->is_object() ? &*member : nullptr;
}

// The line to keep of an attribute.
std::string LineOf(Json& attribute, const MispFilters& filters) {
  const std::string_view why =
      WhyNotWanted(attribute, Member(attribute, "Event"), Member(attribute, "Object"), filters);
  if (why == "deleted") return {};
  // It still counts. What it says is none of our business, and maybe not ours to keep.
  if (!why.empty()) attribute["value"] = "";
  const auto event = attribute.find("Event");
  if (event != attribute.end() && event->is_object()) {
    (*event)["info"] = why.empty() ? TitleOf(*event) : std::string();
  }
  return attribute.dump();
}

// The attributes of one page. MISP says that there are none with an empty list in either place.
Result<Json> AttributesIn(const HttpResponse& page) {
  auto json = ParseMispJson(page.body);
  if (!json) return tl::unexpected(std::move(json.error()));
  const auto response = json->is_object() ? json->find("response") : json->end();
  if (json->is_object() && response != json->end()) {
    if (response->is_array() && response->empty()) return Json::array();
    const auto list = response->is_object() ? response->find("Attribute") : response->end();
    if (response->is_object() && list != response->end() && list->is_array()) {
      return std::move(*list);
    }
  }
  return Fail(ErrorCode::malformed_input,
              "that is no answer to MISP's attributes/restSearch: url has to be the server's, "
              "without a path of the API");
}

// One search, over all its pages.
class PagedSearch {
 public:
  PagedSearch(RequestBudget& budget, const HttpRequest& request, const MispFilters& filters)
      : budget_(budget), request_(request), filters_(filters) {
    request_.url = ServerOf(request.url) + "/attributes/restSearch";
    request_.method = platform::HttpMethod::post;
    request_.content_type = "application/json";
    request_.headers.push_back({"Accept", "application/json"});
    // They are of the composed document, and no page has any.
    request_.etag.clear();
    request_.last_modified.clear();
  }

  // False if the server refused: see `answer`.
  Result<bool> Run(Json query) {
    for (std::int64_t page = 1;; ++page) {
      query["page"] = page;
      request_.body = query.dump();
      auto response = budget_.Send(request_);
      if (!response) return tl::unexpected(std::move(response.error()));
      if (page == 1) date_ = ParseHttpDate(response->date);
      answer_ = *std::move(response);
      if (answer_.status != 200) return false;
      auto attributes = AttributesIn(answer_);
      if (!attributes) return tl::unexpected(std::move(attributes.error()));
      if (attributes->empty()) return true;
      if (auto taken = Take(*attributes); !taken) return tl::unexpected(std::move(taken.error()));
    }
  }

  const Attributes& found() const { return found_; }
  std::optional<TimePoint> date() const { return date_; }  // when the first page was made
  HttpResponse TakeAnswer() { return std::move(answer_); }

 private:
  Result<void> Take(Json& attributes) {
    const std::size_t before = found_.size();
    for (Json& attribute : attributes) {
      const std::string uuid = attribute.is_object() ? UuidOf(attribute) : std::string();
      if (uuid.empty()) {
        return Fail(ErrorCode::malformed_input, "the server gives an attribute without a UUID");
      }
      found_[uuid] = LineOf(attribute, filters_);
    }
    if (found_.size() > before) return {};
    return Fail(ErrorCode::malformed_input,
                "the server gives the same page again and again: it passes over \"page\"");
  }

  RequestBudget& budget_;
  HttpRequest request_;
  const MispFilters& filters_;
  Attributes found_;
  std::optional<TimePoint> date_;
  HttpResponse answer_;
};

// Whether anything changed.
bool Merge(Attributes& known, const Attributes& changes) {
  bool changed = false;
  for (const auto& [uuid, line] : changes) {
    if (line.empty()) {
      changed = known.erase(uuid) > 0 || changed;
    } else if (std::string& place = known[uuid]; place != line) {
      place = line;
      changed = true;
    }
  }
  return changed;
}

HttpResponse Compose(const Attributes& attributes, std::optional<TimePoint> fetched,
                     std::optional<TimePoint> full_at, std::string_view server,
                     const MispSearch& search) {
  Json header{{"query", Identity(search)}, {"server", server}};
  if (fetched && full_at) {
    header["fetched"] = policy::FormatTime(*fetched);
    header["full_at"] = policy::FormatTime(*full_at);
  }
  std::vector<std::string_view> lines;
  for (const auto& [uuid, line] : attributes) {
    if (!line.empty()) lines.emplace_back(line);
  }
  HttpResponse response;
  response.status = 200;
  response.body = JoinComposed(kFormat, std::move(header), lines);
  return response;
}

}  // namespace

MispSearch ReadMispSearch(const config::Node& source) {
  MispSearch search;
  search.filters = ReadMispFilters(source);
  search.page_size = source.Optional("page_size").AsInt(1, 100'000, search.page_size);
  search.published = source.Optional("published").AsBool(true);
  search.sightings = source.Optional("sightings").AsBool(true);
  const config::Node model = source.Optional("decaying_model");
  if (model.present()) search.decaying_model = model.AsInt(1, 1'000'000'000, 1);
  search.full_interval = source.Optional("full_interval").AsDuration(search.full_interval);
  search.overlap = source.Optional("overlap").AsDuration(search.overlap);
  return search;
}

Result<HttpResponse> CollectMispSearch(platform::HttpClient& client, const HttpRequest& request,
                                       std::string_view last_good, const MispSearch& search) {
  RequestBudget budget(client, request);
  const std::string server = ServerOf(request.url);
  if (auto known = ReadKnown(last_good, search)) {
    PagedSearch changes(budget, request, search.filters);
    const auto good = changes.Run(QueryForChanges(search, known->fetched - search.overlap));
    if (!good) return tl::unexpected(good.error());
    if (!*good) return changes.TakeAnswer();
    const auto now = changes.date();
    if (now && *now >= known->fetched && *now < known->full_at + search.full_interval) {
      if (Merge(known->attributes, changes.found())) {
        return Compose(known->attributes, now, known->full_at, server, search);
      }
      HttpResponse unchanged;
      unchanged.status = 304;
      return unchanged;
    }
  }
  PagedSearch all(budget, request, search.filters);
  const auto good = all.Run(QueryForAll(search));
  if (!good) return tl::unexpected(good.error());
  if (!*good) return all.TakeAnswer();
  return Compose(all.found(), all.date(), all.date(), server, search);
}

Result<FeedSnapshot> ParseMispSearch(std::string_view bytes, TimePoint fetched_at,
                                     std::size_t rows_max, const MispSearch& search) {
  const auto document = SplitComposed(bytes, kFormat);
  if (!document) return tl::unexpected(document.error());
  MispReader reader(search.filters, fetched_at, rows_max);
  const auto server = document->header.find("server");
  if (server != document->header.end() && server->is_string()) {
    reader.SetEventUrl(server->get<std::string>() + "/events/view/", "");
  }
  return std::move(reader).ReadLines(document->lines);
}

}  // namespace agent::feeds
