#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "platform/file_descriptor.h"
#include "policy/result.h"

namespace agent::feeds {

// Keeps batches of pushed rows on disk from the moment at which they are acknowledged until the
// document that holds them is on disk too.
//
//   Append(...)                 durable once it returns
//   Read()                      what waits, with the spool's ID
//   ... a document with all of it is written, and in it the ID and the number of the last batch
//   DropThrough(ID, number)     the next time, when that document was read back
//
// Whoever applies batches skips those up to the number in the document. So a crash at any point
// loses nothing and applies nothing twice. The file is described in docs/push_spool.md. Any thread.
class Spool {
 public:
  // Makes FOLDER/NAME.spool if there is none. What was being appended when the power failed, and so
  // was never acknowledged, is set aside as NAME.spool.broken. `corrupt` if even the first line is
  // no good, `unavailable` or another error of the file system without one.
  static policy::Result<std::shared_ptr<Spool>> Open(const std::filesystem::path& folder,
                                                     const std::string& name);

  struct Request {
    std::string id;           // the caller's own, by which a repeated call is known
    std::string fingerprint;  // of all that it asks: the same ID must ask the same
  };
  enum class Taken : std::uint8_t { now, before };

  // Takes the rows, lines each with its end. A request that is known already is not taken again;
  // the last 1000 are known. `conflict` if it was another request with this ID, `exhausted` if too
  // much waits, or an error of the file system; then nothing was taken.
  policy::Result<Taken> Append(const Request& request, std::string_view rows);

  struct Batch {
    std::uint64_t number;  // ascending
    Request request;
    std::string rows;
  };
  struct Backlog {
    std::string spool_id;  // another one than in the document: a new spool, which begins anew
    std::vector<Batch> batches;
  };
  policy::Result<Backlog> Read() const;

  // Nothing happens if `spool_id` is another's. On an error all is still there.
  policy::Result<void> DropThrough(std::string_view spool_id, std::uint64_t number);

 private:
  struct Contents;
  explicit Spool(std::filesystem::path path) : path_(std::move(path)) {}
  static policy::Result<Contents> Parse(std::string_view text);
  static std::string RecordOf(std::uint64_t number, const Request& request, std::string_view rows);
  policy::Result<Contents> Reread() const;
  policy::Result<void> Load();
  policy::Result<void> OpenForAppend();
  policy::Result<void> WriteAtEnd(std::string_view record);
  void Remember(Request request);
  std::string Header() const;

  const std::filesystem::path path_;
  mutable std::mutex mutex_;  // over all below, and the file
  platform::FileDescriptor fd_;
  std::uint64_t size_ = 0;
  std::string id_;
  std::uint64_t next_ = 1;
  std::deque<Request> recent_;  // oldest first
};

}  // namespace agent::feeds
