"""A video and the way to give as linked data (schema.org), for search engines and readers of links."""

from typing import Any
from urllib.parse import urljoin

from app.web.watch.stage import Stage


def of(stage: Stage, link: str) -> dict[str, Any]:
    """The VideoObject of a stage, with the DonateAction of its project; `link` is the video's own address."""
    video, project = stage.showing.video, stage.showing.project
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": video.title,
        "description": video.description or video.title,
        "url": link,
        "creator": {"@type": "Person", "name": stage.showing.creator.name},
    }
    if stage.poster and stage.mp4:
        described |= {"thumbnailUrl": [stage.poster], "contentUrl": stage.mp4}
    if video.published_at:
        described["uploadDate"] = video.published_at.isoformat()
    if video.duration_ms:
        described["duration"] = f"PT{video.duration_ms / 1000:.3f}S"
    if stage.captions:
        described["accessibilityFeature"] = ["captions"]
        described["caption"] = [
            {
                "@type": "MediaObject",
                "contentUrl": urljoin(link, track.src),
                "encodingFormat": "text/vtt",
                "inLanguage": track.language,
            }
            for track in stage.captions
        ]
    if project and stage.obstacle is None:
        described["potentialAction"] = {
            "@type": "DonateAction",
            "target": f"{link}/donate",
            "recipient": {"@type": "NGO", "name": project.nonprofit.name},
            "priceSpecification": {"@type": "PriceSpecification", "priceCurrency": project.currency},
        }
    return described
