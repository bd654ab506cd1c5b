#include "base/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace unrig {

std::string deflated(std::string_view bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  const int status = compress(reinterpret_cast<Bytef*>(out.data()), &size,
                              reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  if (status != Z_OK) throw std::bad_alloc();  // with so much room nothing else goes wrong
  out.resize(size);
  return out;
}

std::optional<std::string> inflated(std::string_view bytes, std::size_t limit) {
  std::string out;
  constexpr std::size_t least = 4096;
  constexpr std::size_t usual = 8;  // as many bytes as before, of text
  for (std::size_t size = std::max(least, usual * bytes.size());; size *= 4) {
    out.resize(std::min(size, limit));
    uLongf used = out.size();
    const int status = uncompress(reinterpret_cast<Bytef*>(out.data()), &used,
                                  reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    if (status == Z_OK) {
      out.resize(used);
      return out;
    }
    if (status != Z_BUF_ERROR || out.size() == limit) return std::nullopt;
  }
}

}  // namespace unrig
