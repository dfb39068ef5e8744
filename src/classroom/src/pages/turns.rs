//! Data is made and answers are marked one after the other: a class that presses the button at once doesn't take the shop's threads.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::exercises::{Exercise, Lesson, Student};

const AT_ONCE: usize = 1;
/// The lessons that were made last are kept: a page, its download and its mark are about the same one.
const KEPT: usize = 32;

/// Exercise and student.
type Whose = (u8, String);
type Kept = (Whose, Arc<Lesson>);

#[derive(Clone)]
pub(super) struct Turns {
    free: Arc<Semaphore>,
    lessons: Arc<Mutex<VecDeque<Kept>>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            free: Arc::new(Semaphore::new(AT_ONCE)),
            lessons: Arc::default(),
        }
    }
}

impl Turns {
    /// Does the work when it is its turn. The turn ends with the work, also when the one who asked has left.
    pub(super) async fn take<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Box<dyn Error + Send + Sync>> {
        let turn = Arc::clone(&self.free).acquire_owned().await?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        Ok(done.await?)
    }

    /// The student's exercise, as it was made before or made now.
    pub(super) async fn lesson(
        &self,
        exercise: &'static Exercise,
        student: Student,
    ) -> Result<Arc<Lesson>, Box<dyn Error + Send + Sync>> {
        let whose = (exercise.number, student.id.clone());
        if let Some(lesson) = self.kept(&whose) {
            return Ok(lesson);
        }
        let turns = self.clone();
        let made = self.take(move || {
            // Whoever had the turn before may have made it.
            if let Some(lesson) = turns.kept(&whose) {
                return Ok(lesson);
            }
            let lesson = Arc::new(exercise.lesson(&student)?);
            turns.keep(whose, Arc::clone(&lesson));
            Ok::<_, crate::ClassroomError>(lesson)
        });
        Ok(made.await??)
    }

    fn kept(&self, whose: &Whose) -> Option<Arc<Lesson>> {
        let lessons = self.lessons.lock().unwrap_or_else(PoisonError::into_inner);
        let found = lessons.iter().find(|(kept, _)| kept == whose);
        found.map(|(_, lesson)| Arc::clone(lesson))
    }

    fn keep(&self, whose: Whose, lesson: Arc<Lesson>) {
        let mut lessons = self.lessons.lock().unwrap_or_else(PoisonError::into_inner);
        if lessons.len() >= KEPT {
            lessons.pop_front();
        }
        lessons.push_back((whose, lesson));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::exercises::ALL;
    use crate::grade::PRACTICE_KEY;

    fn kim() -> Student {
        Student {
            key: PRACTICE_KEY.into(),
            id: "kim".into(),
        }
    }

    #[tokio::test]
    async fn whoever_leaves_does_not_end_the_turn_of_the_work_that_goes_on() {
        let turns = Turns::default();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (end, ends) = mpsc::channel::<()>();
        let asking = turns.clone();
        let client = tokio::spawn(async move {
            let work = move || {
                let _ = begun.send(());
                let _ = ends.recv();
            };
            asking.take(work).await.is_ok()
        });
        begins.await.unwrap();
        client.abort();
        assert!(client.await.unwrap_err().is_cancelled());
        assert_eq!(turns.free.available_permits(), 0, "the work goes on");
        end.send(()).unwrap();
        let next = tokio::time::timeout(Duration::from_secs(10), turns.take(|| 7)).await;
        assert_eq!(next.unwrap().unwrap(), 7);
    }

    #[tokio::test]
    async fn a_lesson_is_made_once_and_the_oldest_is_forgotten() {
        let turns = Turns::default();
        let first = turns.lesson(ALL[2], kim()).await.unwrap();
        let again = turns.lesson(ALL[2], kim()).await.unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        for number in 0..KEPT {
            turns.keep((3, number.to_string()), Arc::clone(&first));
        }
        assert!(turns.kept(&(3, "kim".into())).is_none());
        assert!(turns.kept(&(3, "0".into())).is_some());
        assert_eq!(turns.lessons.lock().unwrap().len(), KEPT);
    }
}
