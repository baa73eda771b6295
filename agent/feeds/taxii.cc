#include "agent/feeds/taxii.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/stix_objects.h"
#include "agent/feeds/taxii_state.h"
#include "policy/freshness.h"
#include "policy/quote.h"
#include "policy/url.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using platform::HttpRequest;
using platform::HttpResponse;
using policy::ErrorCode;
using policy::Result;

constexpr std::size_t kPagesMax = 10'000;
constexpr std::size_t kRootsMax = 50;
constexpr std::size_t kTokenSizeMax = 4096;

// Why a fetch ends early: an error of ours, or the status with which the server refused.
using Stop = std::variant<policy::Error, HttpResponse>;
template <class T>
using Step = tl::expected<T, Stop>;

tl::unexpected<Stop> End(ErrorCode code, std::string detail) {
  return tl::unexpected<Stop>(policy::Error{code, std::move(detail)});
}
tl::unexpected<Stop> Broken(std::string detail) {
  return End(ErrorCode::malformed_input, std::move(detail));
}

// Both forms of both versions begin so: "application/taxii+json;version=2.1",
// "application/vnd.oasis.taxii+json; version=2.0". Some servers just say JSON.
bool IsTaxiiType(std::string_view type) {
  std::string name(TrimBlanks(type.substr(0, type.find(';'))));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name == "application/taxii+json" || name == "application/vnd.oasis.taxii+json" ||
         name == "application/stix+json" || name == "application/vnd.oasis.stix+json" ||
         name == "application/json";
}

std::string PercentEncoded(std::string_view text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return encoded;
}

std::string WithSlash(std::string url) {
  if (!url.ends_with('/')) url += '/';
  return url;
}

class Session {
 public:
  Session(platform::HttpClient& client, const HttpRequest& request, const TaxiiOptions& options)
      : client_(client),
        request_(request),
        options_(options),
        deadline_(std::chrono::steady_clock::now() + request.deadline) {
    // They are of the composed document's, which no server knows.
    request_.etag.clear();
    request_.last_modified.clear();
    request_.headers.push_back({"Accept", ""});
  }

  Step<HttpResponse> Run(std::string_view last_good) {
    auto collection = FindCollection();
    if (!collection) return tl::unexpected(std::move(collection.error()));
    TaxiiState state(*collection);
    if (auto loaded = state.Load(last_good); !loaded) {
      return tl::unexpected(Stop(std::move(loaded.error())));
    }
    if (auto read = ReadPages(*collection + "objects/", state); !read) {
      return tl::unexpected(std::move(read.error()));
    }
    state.DropOld();
    HttpResponse response;
    response.status = state.changed() ? 200 : 304;
    response.final_url = *collection;
    if (!state.changed()) return response;
    response.body = state.Compose();
    if (response.body.size() > request_.body_size_max) return TooLarge();
    return response;
  }

 private:
  static tl::unexpected<Stop> TooLarge() {
    return End(ErrorCode::exhausted,
               "the collection is larger than the source's body_size_max: raise it if that is "
               "right");
  }

  // One request within what is left of the caps; any other status than success ends the fetch.
  Step<HttpResponse> Get(const std::string& url, std::string_view what) {
    using std::chrono::milliseconds;
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left <= milliseconds(0)) {
      return End(ErrorCode::exhausted, "the deadline passed after " + std::to_string(pages_) +
                                           " pages of the collection: raise the source's deadline");
    }
    const bool is_new = options_.version == TaxiiVersion::v21;
    request_.headers.back().value =
        is_new ? "application/taxii+json;version=2.1"
               : "application/vnd.oasis." + std::string(what) + "+json; version=2.0";
    request_.url = url;
    request_.deadline = left;
    auto response = client_.Get(request_);
    if (!response) return tl::unexpected(Stop(std::move(response.error())));
    if (response->status != 200 && response->status != 206) {
      return tl::unexpected(Stop(*std::move(response)));
    }
    if (!IsTaxiiType(response->content_type)) {
      return Broken("what the server gives is not of a TAXII media type but " +
                    policy::Quote(response->content_type) + ": check the source's URL");
    }
    received_ += response->body.size();
    if (received_ > request_.body_size_max) return TooLarge();
    return *std::move(response);
  }

  Step<Json> GetResource(const std::string& url) {
    auto response = Get(url, "taxii");
    if (!response) return tl::unexpected(std::move(response.error()));
    bool too_deep = false;
    const auto guard = [&](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
      too_deep = too_deep || depth > 16;
      return !too_deep;
    };
    Json resource = Json::parse(response->body, guard, /*allow_exceptions=*/false);
    if (too_deep || !resource.is_object()) return Broken("a TAXII resource is no JSON object");
    return resource;
  }

  // The URL of the collection, with a slash at its end.
  Step<std::string> FindCollection() {
    const std::string url = WithSlash(request_.url);
    if (options_.collection.empty()) {
      constexpr std::string_view objects = "objects/";
      return url.ends_with("/" + std::string(objects)) ? url.substr(0, url.size() - objects.size())
                                                       : url;
    }
    auto resource = GetResource(url);
    if (!resource) return tl::unexpected(std::move(resource.error()));
    if (resource->contains("collections")) return Choose(*resource, url);
    if (!resource->contains("api_roots")) return FindIn({url});
    auto roots = RootsOf(*resource, url);
    if (!roots) return tl::unexpected(std::move(roots.error()));
    return FindIn(*roots);
  }

  // Those of other servers are left out: our credentials are not for them.
  static Step<std::vector<std::string>> RootsOf(const Json& discovery, const std::string& url) {
    const auto own = policy::Url::Parse(url);
    if (!own) return tl::unexpected(Stop(own.error()));
    const std::string origin(own->text().substr(0, own->text().size() - own->path().size()));
    std::vector<std::string> roots;
    std::string foreign;
    for (const Json& element : discovery["api_roots"]) {
      if (!element.is_string() || roots.size() >= kRootsMax) continue;
      std::string text = element.get<std::string>();
      if (text.starts_with('/') && !text.starts_with("//")) text.insert(0, origin);
      const auto root = policy::Url::Parse(text);
      const bool is_own = root && root->scheme() == own->scheme() && root->host() == own->host() &&
                          root->port() == own->port();
      if (is_own) roots.push_back(WithSlash(root->text()));
      if (!is_own) foreign = text;
    }
    if (roots.empty() && !foreign.empty()) {
      return End(ErrorCode::not_allowed,
                 "the server's API roots are at another origin, as " + policy::Quote(foreign) +
                     ", for which these credentials are not: if that is meant, make it the "
                     "source's URL");
    }
    if (roots.empty()) return Broken("the discovery resource names no API root");
    return roots;
  }

  Step<std::string> FindIn(const std::vector<std::string>& roots) {
    Step<std::string> last = End(ErrorCode::not_found, "");
    for (const std::string& root : roots) {
      const std::string url = root + "collections/";
      auto resource = GetResource(url);
      last = resource ? Choose(*resource, url) : tl::unexpected(std::move(resource.error()));
      if (last) return last;
      // One root of several may be closed to us.
      const auto* const error = std::get_if<policy::Error>(&last.error());
      if (error != nullptr && error->code != ErrorCode::not_found) return last;
    }
    return last;
  }

  // The id decides before the alias and the title, which may be those of several.
  Step<std::string> Choose(const Json& resource, const std::string& url) const {
    const auto list = resource.find("collections");
    std::vector<std::string> known;
    for (const char* const name : {"id", "alias", "title"}) {
      std::vector<const Json*> found;
      if (list == resource.end() || !list->is_array()) break;
      for (const Json& collection : *list) {
        if (!collection.is_object()) continue;
        if (StixText(collection, name) == options_.collection) found.push_back(&collection);
        if (name == std::string_view("title")) known.push_back(StixText(collection, name));
      }
      if (found.size() > 1) {
        return Broken("several collections are called " + policy::Quote(options_.collection) +
                      ": name it by its id");
      }
      if (found.size() == 1) return UrlOf(*found[0], url);
    }
    std::string titles;
    for (std::size_t i = 0; i < std::min<std::size_t>(known.size(), 10); ++i) {
      titles += (i == 0 ? "" : ", ") + policy::Quote(known[i]);
    }
    return End(ErrorCode::not_found, "there is no collection " +
                                         policy::Quote(options_.collection) + " for this user" +
                                         (titles.empty() ? "" : "; there are " + titles));
  }

  static Step<std::string> UrlOf(const Json& collection, const std::string& url) {
    const auto can_read = collection.find("can_read");
    if (can_read != collection.end() && can_read->is_boolean() && !can_read->get<bool>()) {
      return End(ErrorCode::not_allowed,
                 "this user may not read the collection: ask its owner for that");
    }
    const std::string id = StixText(collection, "id");
    const bool is_id = !id.empty() && id.size() <= 256 && id != "." && id != "..";
    if (!is_id) return Broken("the collection has no id");
    return url + PercentEncoded(id) + "/";
  }

  Step<void> ReadPages(const std::string& url, TaxiiState& state) {
    // What is asked for first stays in force while `next` leads from page to page.
    std::string after = state.cursor();
    std::string next;
    std::set<std::string> asked;
    for (pages_ = 0; pages_ < kPagesMax; ++pages_) {
      std::string query = after.empty() ? "" : "?added_after=" + PercentEncoded(after);
      if (!next.empty()) query += (query.empty() ? "?next=" : "&next=") + PercentEncoded(next);
      if (!asked.insert(query).second) {
        return Broken("the server's pages go in a circle: it has to be told");
      }
      auto page = ReadPage(url + query, state);
      if (!page) return tl::unexpected(std::move(page.error()));
      if (!page->more) return {};
      if (page->next.size() > kTokenSizeMax) return Broken("a page's \"next\" is absurdly long");
      next = page->next;
      // Without it, the next page is that of what was added later (TAXII 2.1, 3.4).
      if (next.empty()) after = state.cursor();
    }
    return Broken("the collection has more than " + std::to_string(kPagesMax) + " pages");
  }

  Step<StixDocument> ReadPage(const std::string& url, TaxiiState& state) {
    auto response = Get(url, "stix");
    if (!response) return tl::unexpected(std::move(response.error()));
    auto page = ForEachStixObject(response->body, [&](Json& object) { state.Take(object); });
    if (!page) return tl::unexpected(Stop(std::move(page.error())));
    const std::string_view date =
        platform::FindHeader(response->headers, "X-TAXII-Date-Added-Last");
    if (!date.empty()) {
      if (auto good = state.Advance(date); !good) return tl::unexpected(Stop(good.error()));
    }
    // That of TAXII 2.0 for "there is more".
    page->more = page->more || response->status == 206;
    return *std::move(page);
  }

  platform::HttpClient& client_;
  HttpRequest request_;
  const TaxiiOptions& options_;
  const std::chrono::steady_clock::time_point deadline_;
  std::size_t received_ = 0;
  std::size_t pages_ = 0;
};

}  // namespace

TaxiiOptions ReadTaxiiOptions(const config::Node& source) {
  const bool is_new = source.Optional("taxii_version").AsChoice({"2.1", "2.0"}) == 0;
  return {source.Optional("collection").AsString(), is_new ? TaxiiVersion::v21 : TaxiiVersion::v20,
          ReadStixOptions(source)};
}

Result<HttpResponse> CollectTaxii(platform::HttpClient& client, const HttpRequest& request,
                                  std::string_view last_good, const TaxiiOptions& options) {
  auto result = Session(client, request, options).Run(last_good);
  if (result) return *std::move(result);
  if (auto* const refused = std::get_if<HttpResponse>(&result.error())) return std::move(*refused);
  return tl::unexpected(std::get<policy::Error>(std::move(result.error())));
}

Result<FeedSnapshot> ParseTaxii(std::string_view bytes, policy::TimePoint fetched_at,
                                const StixOptions& options, std::size_t rows_max) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  const auto document = ForEachStixObject(*text, [](Json& /*object*/) {});
  if (!document) return tl::unexpected(document.error());
  const auto cursor = policy::ParseTime(document->cursor);
  if (cursor && *cursor > fetched_at + policy::clock_skew_max) {
    return policy::Fail(ErrorCode::malformed_input, "the server says that it added objects at " +
                                                        policy::FormatTime(*cursor) +
                                                        ", which is yet to come: check its clock");
  }
  return ParseStix(*text, options, rows_max);
}

}  // namespace agent::feeds
